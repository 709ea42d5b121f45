"""What can be bought: whole products as frozen versions, what each costs, and whom it takes.

Hides: the folder a product is written in, its import and checks, the canonical text a version is kept as and its digest, the rate
table, the reading of rules, and the cache.

Promises: a published version never changes, and a policy points to the one it was sold under; no version has a missing or doubled rate
cell, a missing translation or a sum above the law's cap; a price is whole fen, rounded once, and its lines add up; a decision names its
rule, says what would change it, and what it looked at. The engines know no database and no Django.

Start at `offer.Offer`; then `queries.on_shelf`, `rating.price`, `underwriting.decide`, and `operations.load` for the way in.
"""
