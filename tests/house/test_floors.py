"""The floors hold, and the contracts that hold them would notice: a copy of the tree with a dozen breaks has each of them reported."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.house.tree import ROOT

CONTRACTS = [
    contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
]

# Where the break is written, what it imports, and the contract that must say so.
BREAKS = [
    ("besttrav/kernel/clock.py", "besttrav.journal.operations", "Floors"),
    ("besttrav/privacy/kinds.py", "besttrav.people.models", "Floors"),
    ("besttrav/portal/urls.py", "besttrav.console.urls", "Floors"),
    ("besttrav/journal/models.py", "besttrav.journal.operations", "Rooms"),
    ("besttrav/people/queries.py", "besttrav.people.operations", "Rooms"),
    ("besttrav/portal/forms/__init__.py", "besttrav.portal.views", "Doors"),
    ("besttrav/privacy/vault/store.py", "besttrav.privacy.gate", "Privacy"),
    ("besttrav/people/operations.py", "besttrav.privacy.crypto.suites", "Ciphers"),
    ("besttrav/people/models.py", "besttrav.privacy.vault.store", "The vault"),
    ("besttrav/people/tasks.py", "besttrav.providers.keys", "Vendors are loaded"),
    ("besttrav/providers/keys/__init__.py", "besttrav.journal.models", "Vendors know"),
    ("besttrav/kernel/money.py", "django.db", "Pure engines"),
    ("besttrav/catalogue/rating.py", "django.utils.translation", "Pure engines"),
]


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    binary = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [binary, "--no-cache", "--config", str(folder / "pyproject.toml")], cwd=folder, capture_output=True, text=True, check=False
    )


def test_imports_go_downwards_only() -> None:
    told = _lint(ROOT)
    assert told.returncode == 0, told.stdout + told.stderr
    assert f"{len(CONTRACTS)} kept, 0 broken" in told.stdout


def test_every_break_of_the_floors_is_reported(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "besttrav", tmp_path / "besttrav", ignore=shutil.ignore_patterns("locale", "static", "templates", "__pycache__"))
    for place, imported, _ in BREAKS:
        _make(tmp_path, place)
        if imported.startswith("besttrav."):
            _make(tmp_path, f"{imported.replace('.', '/')}.py")
        with (tmp_path / place).open("a", encoding="utf-8") as source:
            source.write(f"\nimport {imported}\n")
    _make(tmp_path, "besttrav/attic/__init__.py")
    told = re.sub(r"\s+", " ", _lint(tmp_path).stdout)
    assert f"0 kept, {len(CONTRACTS)} broken" in told
    assert "besttrav.attic" in told
    for place, imported, name in BREAKS:
        importer = place.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        report = told.split("Broken contracts")[1].split(next(contract for contract in CONTRACTS if contract.startswith(name)))[1]
        target = imported.partition(".")[0] if imported.startswith("django") else imported
        assert f"{importer} -> {target}" in report, f"{importer} -> {target}"


def _make(root: Path, name: str) -> None:
    """The module, and its packages below `root`, where the tree does not have them."""
    if (root / name).with_suffix("").is_dir():
        return
    folder = root
    for part in Path(name).parts[:-1]:
        folder /= part
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").touch()
    (root / name).touch()
