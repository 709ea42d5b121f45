"""What this room does: `codes` prove a phone, `sessions` begin and end, `accounts` open, change, close; `staff` and `granting` for us.

`devices` recognise browsers, `watching` looks at all codes together, `reopening` opens closed numbers, and `restoring` says what a
restore from a backup means for all of them.
"""
