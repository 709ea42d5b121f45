"""What this room does: `codes` prove a phone, `sessions` begin and end, `accounts` open, change, close; `staff` and `granting` for us."""
