"""Contracts in force, the people in them and the papers that prove them.

Hides: how people, transactions and documents hang together under one `contract` id and one file of the vault.

Promises: a policy is a list of transactions that never change; whoever is in it is sealed; a paper is served only after it was checked
against what was sold, and only to whom it belongs; a policy is given up once, as it was shown, and what comes back is decided with its end.

Start at `models`, then `operations.people` (who is in a contract) and `operations.concluding` (from an insurer's yes to a policy with its
papers); `operations.surrendering` (what giving it up means, and asking for it), `operations.deciding` (what staff say) and
`operations.cancelling` (the insurer's yes, and all that follows from it). How a paper looks stands in `papers`.

Locks are taken in one order: the policy, its surrender, then what the rooms below lock.
"""
