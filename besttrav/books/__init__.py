"""The books of finance: what each policy owes its insurer and earns us, what insurers state, and what is handed on.

Hides: commission rules and their periods, how insurers write their statements, the matching, and which fen went where in which run.

Promises: every transaction of a policy is entered once, with the commission that the rule of its day says, and taken back with it; an
insurer's statement is taken whole or not at all, and what in it differs from our books by a single fen is told and left to people; money
leaves for an insurer after two people agreed, and each fen of it leads to a policy. Premiums and commission are two runs, never one.

Stands above `sales`, because a figure leads to the order it came from; nobody below knows of it, and it goes by what the journal says.
Start at `operations.enter`; see docs/adr/0019-books.md.
"""
