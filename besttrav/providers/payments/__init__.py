"""Channels that take payments."""
