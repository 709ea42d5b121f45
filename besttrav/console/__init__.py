"""The door for staff, under `/staff/`. The same ink as the portal, more lines, less air; every page carries a watermark."""
