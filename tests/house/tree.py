"""The files this project consists of: what git tracks, and what would be added."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_UNREADABLE = {".png", ".jpg", ".webp", ".ico", ".woff2", ".woff", ".ttf", ".pdf", ".mo"}


def files(*suffixes: str, under: str = "") -> list[Path]:
    """Tracked and new files below a folder, with one of the suffixes, sorted. A clone without git is walked instead."""
    try:
        told = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", "-z", under or "."], cwd=ROOT, capture_output=True, text=True, check=True
        )
        names = [name for name in told.stdout.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = [
            str(path.relative_to(ROOT)) for path in (ROOT / under).rglob("*") if not {".venv", ".boot", "var", ".git"} & set(path.parts)
        ]
    paths = (ROOT / name for name in sorted(names))
    return [path for path in paths if path.is_file() and path.suffix not in _UNREADABLE and (not suffixes or path.suffix in suffixes)]


def texts(*suffixes: str, under: str = "") -> list[tuple[str, str]]:
    """(path from the root, text) of each of those files."""
    return [(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in files(*suffixes, under=under)]
