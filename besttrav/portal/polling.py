"""A page that waits asks every three seconds for two minutes; then a person presses a button (ux.md, C3f)."""

from besttrav.people.requests import Request

POLLS = 40


def asked_so_far(request: Request) -> int:
    """How often a waiting page has asked, as it says itself."""
    text = request.GET.get("asked", "")
    return min(int(text), POLLS) if text.isascii() and text.isdigit() and len(text) < 4 else 0
