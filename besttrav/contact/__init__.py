"""Messages to people: one row per intention, committed before the first byte leaves, settled by what the carrier really did.

Hides: the carrier, its identifiers and errors, templates and their languages, sealing of number and text, and what to do when nobody knows.

Promises: a one-time code is never sent twice by us; a notice whose outcome is unknown is looked up before it is repeated; number
and text are sealed with the message, are never in a log, a job argument or a journal entry, and expire with their file.

Start at `operations.prepare`; the carrier's side is `port.Carrier`.
"""
