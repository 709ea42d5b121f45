"""Who is behind a record, and who may know: the privacy policy as behaviour.

Hides: two databases, data keys, epochs, keyed marks, ciphers, the order of writes between record and vault, and recovery.

Promises: a `PersonalField` is stored sealed and nowhere else readable; text leaves only through `gate.reveal` for a declared purpose,
after the disclosure is on disk; what a person withdrew or erased cannot be opened from that moment, and at the end of the key epoch in no
copy.

Start at `fields` (declaring), `files` (whose data, in which file), `gate` (opening), then `rights` (seeing, erasing) and `epochs`
(forgetting in copies). The vault, its tables and `crypto` are this room's own; nobody else imports them.
"""
