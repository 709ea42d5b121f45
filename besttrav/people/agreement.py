"""The confidentiality agreement of staff: a versioned text of ours, known by its digest."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TEXTS = Path(__file__).parent / "texts"


@dataclass(frozen=True, slots=True)
class AgreementText:
    version: str
    sha256: str
    chinese: str
    english: str


@cache
def current_agreement() -> AgreementText:
    """The newest version; the Chinese text is the one that binds, and the one the digest is of."""
    folder = max(path for path in _TEXTS.iterdir() if path.is_dir())
    chinese, english = (folder / name for name in ("confidentiality.zh.txt", "confidentiality.en.txt"))
    digest = hashlib.sha256(chinese.read_bytes()).hexdigest()
    return AgreementText(folder.name, digest, chinese.read_text(encoding="utf-8"), english.read_text(encoding="utf-8"))
