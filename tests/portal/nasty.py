"""What people, machines and attackers write into a field that expects something else."""

NASTY = (
    "",
    "x" * 5000,
    "-1",
    "1.5",
    "🙂",
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "２０２６",
    "\0",
    "9" * 30,
    "2999-01-01",
    "2026-13-45",
    "null",
    "%00",
    "٣",
    "\ue000",
    "190101199003070011",
)
