"""What happened, by whose hand, to whom. One entry is the audit line, the event that others follow, and the line in a person's history.

Hides: which facts may be written down (never a personal one), the columns and their digest, partitions, the sealing of entries into
signed Merkle batches, the second connection for what must survive a rollback, and the end of a month that is past its time.

Promises
- an entry stands or falls with the caller's transaction; `record_aside` is the one exception, committed before it returns;
- nobody queues: writers take no lock, the sealer looks behind the oldest running transaction and misses none;
- what is sealed cannot be changed, taken away, added or put elsewhere without `proof.verify` saying so, cut tails included;
- a proof about one entry tells nothing about its neighbours.

Start at `actions.py` (how a room declares what it writes), then `operations/` (record, record_aside, move) and `proof.py`.
A room declares its actions in its own `actions.py` and follows those of lower rooms in its `tasks.py`; both are read at the start.
"""
