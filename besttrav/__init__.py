"""Besttrav: an insurance brokerage platform whose privacy policy is executable. Start at ARCHITECTURE.md."""
