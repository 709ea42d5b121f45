"""Whoever issues the invoices of insurers, each in a folder of its own."""
