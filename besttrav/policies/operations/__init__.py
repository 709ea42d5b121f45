"""The verbs of contracts: who is in one, what one becomes, and its papers."""
