"""What keys are called: a label people recognise, and a tail that no two keys share, in whatever provider they live."""

import re
import secrets

_LABEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


def new_reference(label: str) -> str:
    if not _LABEL.fullmatch(label):
        raise ValueError("a label is made of small letters, digits, hyphens, dots and underscores, forty at most")
    return f"{label}.{secrets.token_hex(8)}"
