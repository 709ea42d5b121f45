"""Whose signature an insurer's paper must carry: certificates that the operator laid down, one file for each insurer."""

import glob
import re
from pathlib import Path

from django.conf import settings


def certificates_of(insurer: str) -> tuple[bytes, ...]:
    """The certificates, as PEM, that may have signed this insurer's papers; none where none was laid down, and then no paper is trusted.

    `settings.INSURER_CERTIFICATES` is the pattern of the files' names, with `{insurer}` for the insurer's code.
    """
    if not re.fullmatch(r"[a-z0-9_-]+", insurer):
        raise ValueError("an insurer's code has small letters, digits, hyphens and underscores only")
    pattern = settings.INSURER_CERTIFICATES.replace("{insurer}", insurer)
    return tuple(Path(name).read_bytes() for name in sorted(glob.glob(pattern)))
