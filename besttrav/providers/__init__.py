"""Vendors, one folder each, beside the house: they know the kernel and the ports they implement, and nobody imports them."""
