"""What we ask of insurers: one row per intention, committed before the first byte leaves, settled by what the insurer really did.

Hides: the insurers, their dialects, keys and codes; our numbers; when to ask, to repeat, to wait and to give up.

Promises: nothing leaves twice while nobody knows what became of it; a number is never minted again; what an insurer issued is compared,
value by value, with what it was sent, and a policy that differs is never called issued; a submission given up on is withdrawn at the
insurer, so that nobody is refunded and insured as well. No personal value is kept here: it is built for the moment of sending and let go.

Start at `operations.plan` and `operations.perform`; the insurer's side is `port.Insurer`.
"""
