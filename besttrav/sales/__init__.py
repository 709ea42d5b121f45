"""The sale: from the first step of an application to the policy, told again step by step whenever somebody asks.

Hides: which steps a product needs and in which order, what is asked of whom, how a decision is taken and explained, how payment, insurer
and contract are brought together without a transaction that spans them.

Promises: only what the product needs is asked; nothing leaves before it was agreed to and written down; who has paid is insured, or has
their money back, within a clock; each step can be told again with the very text that was shown.

Locks are taken in one order: the documents of the people (`caps.alone_with`, in the vault), then the application, its order, its visits and
notices, and last what the rooms below lock. `applying.held` takes the two in the middle.

Start at `steps` and `operations.applying`, then `operations.submitting` (decision and order) and `operations.issuing` (what follows the
money).
"""
