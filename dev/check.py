"""`make check`: everything that can be told without running the product. All run, side by side; what they found is told at the end."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dev import environment, translations
from dev.environment import ROOT, VENV, Need
from dev.postgres import temporary_cluster
from dev.progress import say
from dev.trouble import told_plainly

BIN = VENV / "bin"
PYTHON = BIN / "python"
URLS = {"BESTTRAV_DATABASE_URL": "besttrav", "BESTTRAV_VAULT_URL": "besttrav_vault"}

CHECKS: dict[str, list[str | Path]] = {
    "Types": [BIN / "mypy"],  # First, because it takes longer than all the others together.
    "Format": [BIN / "ruff", "format", "--check", "."],
    "Lint": [BIN / "ruff", "check", "."],
    "Import contracts": [BIN / "lint-imports"],
    "House rules": [PYTHON, "-m", "dev.rules"],
    "Translations": [PYTHON, "-m", "dev.translations", "check"],
}
WITH_DATABASES: dict[str, list[str | Path]] = {
    "Migrations": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
    "Settings": [PYTHON, "manage.py", "check", "--database", "default", "--database", "vault", "--fail-level", "WARNING"],
}


def main() -> None:
    with told_plainly():
        environment.enter(Need.TEST, "dev.check")
        translations.compile_stale()
        with ThreadPoolExecutor(2) as beside:
            asked = {name: beside.submit(_run, name, command) for name, command in CHECKS.items()}
            answers = _with_databases()
        answers |= {name: answer.result() for name, answer in asked.items()}
    found = {name: words for name, words in answers.items() if words}
    for name, words in found.items():
        say(f"\n--- {name} ---\n{words}")
    sys.exit(f"\nNot in order: {', '.join(found)}." if found else 0)


def _with_databases() -> dict[str, str]:
    from dev.databases import make_sure_of  # It needs the environment, which this program has just made and entered.

    with temporary_cluster() as cluster:
        env = {**os.environ, **{name: cluster.url(database) for name, database in URLS.items()}}
        env |= {
            "BESTTRAV_STATE": str(cluster.base / "state"),
            "BESTTRAV_SECRET_KEY": "a key for checks only, and long enough to please all of them",
        }
        for name in URLS:
            make_sure_of(env[name])
        return {name: _run(name, command, env) for name, command in WITH_DATABASES.items()}


def _run(name: str, command: list[str | Path], env: dict[str, str] | None = None) -> str:
    """What the check complains of; nothing when all is in order."""
    started = time.monotonic()
    asked = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    say(f"  {name}: {time.monotonic() - started:.1f} s")
    return asked.stdout or f"ended with code {asked.returncode}" if asked.returncode else ""


if __name__ == "__main__":
    main()
