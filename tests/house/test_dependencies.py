"""What is installed is what was argued: every dependency is pinned, hashed and has its reason in an ADR."""

import re
import tomllib

import pytest

from tests.house.tree import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIREMENTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("requirements.txt", "requirements-dev.txt")}
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match
    return re.sub(r"[-_.]+", "-", match[0]).lower()


def _pins(text: str) -> dict[str, str]:
    return {_name(name): version for name, version in _PIN.findall(text)}


def test_every_runtime_dependency_is_pinned_exactly() -> None:
    assert [one for one in PROJECT["dependencies"] if "==" not in one] == []


@pytest.mark.parametrize("file", REQUIREMENTS)
def test_the_compiled_requirements_hold_the_pins_of_the_project(file: str) -> None:
    declared = PROJECT["dependencies"] + (PROJECT["optional-dependencies"]["dev"] if "dev" in file else [])
    pins = _pins(REQUIREMENTS[file])
    assert {_name(one) for one in declared} - set(pins) == set(), "compile the requirements again"
    asked = _pins("\n".join(declared))
    assert {name: pins[name] for name in asked} == asked


@pytest.mark.parametrize("file", REQUIREMENTS)
def test_every_pin_has_hashes_and_no_index_is_named(file: str) -> None:
    text = REQUIREMENTS[file]
    entries = [entry for entry in re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"(?m)^\s*#.*\n", "", text)) if "==" in entry]
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert len(entries) == len(_pins(text))
    assert re.findall(r"(?m)^\s*-[-a-z]*(?:index|find-links|trusted)\S*|https?://\S+", text) == []


def test_the_same_version_serves_and_is_tested() -> None:
    runtime, tested = (_pins(text) for text in REQUIREMENTS.values())
    assert {name: version for name, version in runtime.items() if tested.get(name) != version} == {}


def test_each_runtime_dependency_is_argued() -> None:
    argued = (ROOT / "docs/adr/0002-dependencies.md").read_text(encoding="utf-8").lower()
    assert [one for one in PROJECT["dependencies"] if f"`{_name(one)}`" not in argued] == []
