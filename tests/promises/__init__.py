"""Promises of the policy that no other test tells, a module for each clause. `policy/promises.toml` names what proves what."""
