"""The papers say the truth: commands exist, links lead somewhere, decisions are numbered, and nothing names one person's machine."""

import re
from pathlib import Path

from tests.house.tree import ROOT, files, texts

PAPERS = [(Path(name), text) for name, text in texts(".md") if not name.startswith("policy/")]
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
_REQUIRED = ("README.md", "README.zh-CN.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "STYLE.md", "SECURITY.md", "CHANGELOG.md", "LICENSE")


def _without_code(text: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"(?m)^#+ (.+)$", text)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_the_papers_every_reader_expects_are_there() -> None:
    assert [name for name in _REQUIRED if not (ROOT / name).is_file()] == []


def test_every_make_target_the_papers_name_exists() -> None:
    targets = set(re.findall(r"(?m)^([a-z][a-z-]*)\s*:(?!=)", (ROOT / "Makefile").read_text(encoding="utf-8")))
    named = {(str(path), target) for path, text in PAPERS for target in re.findall(r"(?:^|`)make ([a-z][a-z-]*)", text, flags=re.MULTILINE)}
    assert named
    assert sorted((path, target) for path, target in named if target not in targets) == []


def test_every_module_and_file_the_papers_run_exists() -> None:
    for path, text in PAPERS:
        for module in re.findall(r"`python -m ([a-z_.]+)", text):
            place = ROOT / module.replace(".", "/")
            if module.startswith(("dev", "besttrav", "bench", "simulators")):
                assert place.with_suffix(".py").is_file() or (place / "__main__.py").is_file(), f"{path}: python -m {module}"


def test_every_link_in_the_papers_leads_somewhere() -> None:
    broken = []
    for path, text in PAPERS:
        for target in filter(None, (one or two for one, two in _LINK.findall(_without_code(text)))):
            if re.match(r"[a-z]+:", target):
                continue
            file, _, anchor = target.partition("#")
            place = (ROOT / path).parent / file if file else ROOT / path
            if not place.exists() or (anchor and anchor not in _anchors(place.read_text(encoding="utf-8"))):
                broken.append((str(path), target))
    assert broken == []


def test_both_readmes_show_the_pictures_there_are_and_they_are_light() -> None:
    taken = sorted(path.name for path in (ROOT / "docs" / "images").iterdir())
    for readme in ("README.md", "README.zh-CN.md"):
        assert sorted(re.findall(r"docs/images/([\w-]+\.webp)", (ROOT / readme).read_text(encoding="utf-8"))) == taken
    assert sum((ROOT / "docs" / "images" / name).stat().st_size for name in taken) < 1_000_000


def test_decisions_are_numbered_without_gaps_and_titled_by_their_number() -> None:
    records = files(".md", under="docs/adr")
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    for path in records:
        assert path.read_text(encoding="utf-8").startswith(f"# {path.name[:4]} "), path.name


def test_every_decision_the_sources_refer_to_exists() -> None:
    numbers = {path.name[:4] for path in files(".md", under="docs/adr")}
    named = {(name, number) for name, text in texts() for number in re.findall(r"\badr/(\d{4})\b", text, flags=re.IGNORECASE)}
    assert sorted((name, number) for name, number in named if number not in numbers) == []


def test_nothing_names_a_machine_or_a_package_registry() -> None:
    homes = "|".join(("work", "root", "home/[a-z]", "Users/[A-Za-z]", "mnt/[a-z]"))
    machine = re.compile(rf"(?<![\w.\]])/(?:{homes})[/\w]")
    registry = re.compile(
        "|".join(
            (
                r"files\.python" + "hosted",
                r"\bpypi\." + r"(?:org|python)",
                r"registry\.npm" + "js",
                "--extra-" + "index-url",
                "artifac" + "tory",
            )
        )
    )
    found = [
        (name, match[0])
        for name, text in texts()
        for match in [*machine.finditer(text), *registry.finditer(text)]
        if not name.startswith(("tests/house/", "requirements"))
    ]
    assert found == []
