"""A JSON interface with HMAC-SHA256 that decides at once: everything is signed with one shared secret, and amounts are fen."""
