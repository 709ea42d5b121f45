"""What is published is written from the declarations, and logs lose whatever looks personal."""

import logging
from datetime import date

import pytest
from django.utils.translation import override

from besttrav.privacy import artefacts
from besttrav.privacy.checks import declarations
from besttrav.privacy.fields import declared_fields, personal_models
from besttrav.privacy.keeping import Keep
from besttrav.privacy.kinds import Kind
from besttrav.privacy.scrubbing import Scrubber


@pytest.mark.parametrize(("language", "head"), [("zh-hans", "内容"), ("en", "What")])
def test_the_lists_of_the_policy_name_every_declared_kind_recipient_and_period(language: str, head: str) -> None:
    lists = artefacts.lists(language)
    assert lists["collected"].startswith(f"| {head}")
    published = artefacts.published_fields()
    assert len(lists["collected"].splitlines()) == 2 + len({field.kind for field in published})
    assert len(lists["retention"].splitlines()) == 2 + len({field.keep for field in published})
    assert ("短信服务商" if language == "zh-hans" else "text message carrier") in lists["recipients"]


def test_sensitive_kinds_are_in_bold() -> None:
    rows = {row.split(" | ")[0].removeprefix("| ") for row in artefacts.lists("en")["collected"].splitlines()[2:]}
    sensitive = {field.kind for field in artefacts.published_fields() if field.kind.is_sensitive}
    with override("en"):
        assert {row for row in rows if row.startswith("**")} == {f"**{kind.label}**" for kind in sensitive}


def test_test_models_are_not_published() -> None:
    assert "sample.journey.name" in {field.tag for field in declared_fields()}
    assert "sample.journey" not in artefacts.data_map()


def test_every_declaration_of_the_product_passes_the_start_up_checks() -> None:
    assert declarations() == []
    assert personal_models()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("call 1" + "38 1234 5678 now", Kind.PHONE),
        ("+861" + "39-1234-5678", Kind.PHONE),
        ("id 110105194912310" + "02X", Kind.IDENTITY_NUMBER),
        ("mail lin.yue+x@example.com.", Kind.EMAIL),
        ("card 6222 0212 3456 7890 12", Kind.BANK_CARD),
        ("from 203.0.113.7", Kind.NETWORK_ADDRESS),
    ],
)
def test_a_log_line_loses_what_looks_personal_wherever_it_stands(text: str, kind: Kind) -> None:
    def logged(**parts: object) -> str:
        record = logging.makeLogRecord({"levelno": logging.INFO, "msg": "", "args": ()} | parts)
        Scrubber().filter(record)
        return logging.Formatter("%(message)s").format(record)

    value = text.split(" ", 1)[-1]
    shown = [logged(msg=text), logged(msg="%s at %s", args=("x", text)), logged(msg="%r", args=({"deep": [text]},))]
    try:
        raise ValueError(text)
    except ValueError as error:
        shown.append(logged(msg="failed", exc_info=(type(error), error, error.__traceback__)))
    for line in shown:
        assert f"[{kind.name.lower()}]" in line
        assert value.rstrip(" now.") not in line.replace("\n", " ")


def test_ordinary_lines_stay_as_they_are() -> None:
    for text in ("GET /privacy/ 200 in 12 ms", "order PR26 1121 0044", "batch 4096 sealed", "id 01a20361-cd29-7000-b3b3-ef5fd212269b"):
        assert Scrubber.scrub(text) == text


@pytest.mark.parametrize("keep", list(Keep))
def test_every_period_has_a_rule_in_both_languages(keep: Keep) -> None:
    assert keep.rules.source and keep.rules.source_zh and keep.rules.label_zh  # noqa: PT018  # one thing: a complete row
    assert keep.ends_on(date(2026, 11, 22)) > date(2026, 11, 22)
