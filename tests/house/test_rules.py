"""The house rules fire on what they forbid, accept what they allow, and look in the right places."""

import json
import shutil
from pathlib import Path

import pytest

from dev.rules.__main__ import ROOT, ast_grep, main

RULES = sorted(path.stem for path in (ROOT / "dev/rules/python").glob("*.yml"))

# Where each rule bites, and a neighbour where the same line is in order.
PLACES = {
    "doors-never-write": ("besttrav/portal/views/accounts.py", "besttrav/people/operations.py", "account.save()"),
    "jobs-carry-ids": ("besttrav/people/tasks.py", "tests/people/test_tasks.py", "tell.defer(phone=phone)"),
    "migrations-stand-alone": (
        "besttrav/people/migrations/0002_x.py",
        "besttrav/people/tasks.py",
        "from besttrav.people.models import Account",
    ),
    "named-placeholders": ("besttrav/ui/context.py", None, '_("%s signed in")'),
    "no-float-in-money": ("besttrav/kernel/money.py", "besttrav/kernel/http.py", "limit = 0.5"),
    "nothing-personal-in-logs": ("besttrav/people/operations.py", "dev/seed.py", "print(account)"),
    "one-clock": ("besttrav/people/models.py", "besttrav/kernel/clock.py", "datetime.now(UTC)"),
    "one-way-outside": ("besttrav/contact/operations.py", "besttrav/providers/carriers/simulated/client.py", "import httpx"),
    "only-move-moves": ("besttrav/people/operations.py", "besttrav/journal/operations.py", "account.state = state"),
    "reasons-for-silence": ("tests/people/test_x.py", None, "value = 1  # noqa"),
    "views-say-access": ("besttrav/console/views/desk.py", "besttrav/ui/errors.py", "def desk(request):\n    return None"),
}


def test_every_rule_fires_on_its_refused_forms_and_accepts_the_others() -> None:
    told = ast_grep("test", "--skip-snapshot-tests")
    assert told.returncode == 0, told.stdout + told.stderr
    assert f"{len(RULES)} passed; 0 failed" in told.stdout


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_both_forms_and_says_its_remedy(rule: str) -> None:
    forms = (ROOT / f"dev/rules/tests/{rule}-test.yml").read_text(encoding="utf-8")
    valid, invalid = forms.split("\ninvalid:\n")
    assert "- |-" in valid
    assert "- |-" in invalid
    message = (ROOT / f"dev/rules/python/{rule}.yml").read_text(encoding="utf-8").split("message:")[1].split("files:")[0]
    assert len(message.split()) > 12, "the message says what to write instead"


def test_every_rule_bites_where_it_should_and_only_there(tmp_path: Path) -> None:
    assert set(PLACES) == set(RULES)
    shutil.copy(ROOT / "sgconfig.yml", tmp_path)
    shutil.copytree(ROOT / "dev/rules", tmp_path / "dev/rules")
    for bites, rests, line in PLACES.values():
        for folder in filter(None, (bites, rests)):
            place = tmp_path / folder
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text((place.read_text(encoding="utf-8") if place.exists() else "") + line + "\n", encoding="utf-8")
    scan = ast_grep("scan", "--json", cwd=tmp_path)
    found = {(match["ruleId"], match["file"]) for match in json.loads(scan.stdout)}
    assert {(rule, bites) for rule, (bites, _, _) in PLACES.items()} <= found
    assert not {(rule, rests) for rule, (_, rests, _) in PLACES.items()} & found


def test_the_tree_keeps_its_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0, capsys.readouterr().out
