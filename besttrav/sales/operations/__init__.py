"""The verbs of the sale: fill in, submit, conclude or pay back, tell the insured people, find again."""
