"""Ciphers and keys. Locked: only the privacy room imports this, and nobody outside ever holds a key."""
