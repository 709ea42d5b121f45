"""The books of finance."""
