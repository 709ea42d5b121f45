"""Money that comes in and goes back: one row per attempt to pay and per decision to refund, and a ledger that always balances.

Hides: the channels with their protocols, what to ask when nobody knows, late and double payments, limits of vendors, and the double entry
that every movement leaves.

Promises: nobody is charged through a number of ours that was minted twice, because none is; a captured fen is either applied to the one
order it was paid for, or stands in unapplied receipts with a refund or a person at work on it; no more goes back than came in. What a
channel tells by callback is a hint to look sooner, and truth comes from a query. The channel's id of who paid is kept nowhere, and so the
body of a notice is not either: whatever it says is asked again.

Start at `operations.begin`; the channels' side is `port.Channel`, and the accounts are in `ledger`.
"""
