"""What is written from the declarations: the data map, the lists in the policy, the schedule of periods, the schema of the copy.

Nothing here is kept by hand, so the published lists cannot differ from what the code does.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from besttrav.privacy.fields import PersonalField, declared_fields
from besttrav.privacy.keeping import STARTS, Keep
from besttrav.privacy.kinds import Kind
from besttrav.privacy.purposes import Purpose, purposes

# Who receives personal data, by the code purposes name them with. Those who act on our instructions are entrusted (article 21); others
# decide for themselves and need a consent of their own (article 23).
RECIPIENTS = {
    "sms": ("text message carrier", "短信服务商", "entrusted"),
    "insurer": ("the insurer of the product, by name", "承保该产品的保险公司（逐一列名）", "independent"),
}


def published_fields() -> list[PersonalField]:
    """The declared fields of the product, without those of tests and benches."""
    return [field for field in declared_fields() if field.model.__module__.startswith("besttrav.")]


def published_purposes() -> list[Purpose]:
    """The purposes the product opens something for, in the order they were declared."""
    used = {purpose for field in published_fields() for purpose in field.purposes}
    return [purpose for purpose in purposes().values() if purpose.every_field or purpose in used]


def lists(language: str) -> dict[str, str]:
    """The generated lists of the policy text, as Markdown tables in one language."""
    with override(language):
        return {"collected": _collected(), "purposes": _purposes(), "recipients": _recipients(language), "retention": _retention()}


def data_map() -> str:
    """docs/data-map.md: every personal field with its tag, kind, owner, period, purposes and bases; then every purpose."""
    with override("en"):
        fields = _table(
            ("field", "kind", "sensitive", "whose", "kept as", "purposes", "searchable"),
            (
                (f.tag, f.kind.name, _tick(f.kind.is_sensitive), f.of, f.keep.rules.code, _codes(f.purposes), _tick(f.searchable))
                for f in published_fields()
            ),
        )
        reasons = _table(
            ("purpose", "basis", "clause", "roles", "consents", "recipients", "statutory"),
            (
                (
                    p.code,
                    p.basis.value,
                    p.clause,
                    " ".join(sorted(p.roles)) or "the person",
                    _names(p),
                    " ".join(sorted(p.recipients)),
                    _tick(p.statutory),
                )
                for p in published_purposes()
            ),
        )
        return (
            "# Data map\n\nWritten by `make docs` from the declarations; do not edit.\n\n"
            f"## Personal fields\n\n{fields}\n\n## Purposes\n\n{reasons}\n\n## Periods\n\n{_retention()}\n"
        )


def export_schema() -> dict[str, Any]:
    """The JSON schema of the copy a person takes (`rights.access_package`)."""
    value = {
        "type": "object",
        "required": ["field", "kind", "purposes", "value"],
        "properties": {
            "field": {"enum": [field.tag for field in published_fields()]},
            "kind": {"enum": sorted({field.kind.name.lower() for field in published_fields()})},
            "purposes": {"type": "array", "items": {"type": "object", "required": ["code", "basis", "clause"]}},
            "source_of_period": {"type": "string"},
            "value": {"type": "string"},
        },
    }
    record = {
        "type": "object",
        "required": ["record", "id", "kept_as", "state", "values", "facts"],
        "properties": {
            "record": {"enum": sorted({field.model._meta.label_lower for field in published_fields()})},
            "kept_as": {"enum": [keep.rules.code for keep in Keep]},
            "values": {"type": "array", "items": value},
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["made_at", "subject", "records"],
        "properties": {"records": {"type": "array", "items": record}},
    }


def _collected() -> str:
    by_kind: dict[Kind, list[PersonalField]] = defaultdict(list)
    for field in published_fields():
        by_kind[field.kind].append(field)
    rows = (
        (
            f"**{kind.label}**" if kind.is_sensitive else str(kind.label),
            _lines({str(purpose.label) for field in fields for purpose in field.purposes}),
            _lines({str(purpose.basis.label) for field in fields for purpose in field.purposes}),
            _lines({f"{field.keep.label} ({field.keep.period})" for field in fields}),
        )
        for kind, fields in sorted(by_kind.items(), key=lambda item: item[0].name)
    )
    return _table((_("What"), _("Why"), _("On what ground"), _("Kept in, and for how long")), rows)


def _purposes() -> str:
    rows = (
        (str(purpose.label), str(purpose.basis.label), f"[{purpose.clause}](#clause-{purpose.clause})") for purpose in published_purposes()
    )
    return _table((_("Why"), _("On what ground"), _("Clause")), rows)


def _recipients(language: str) -> str:
    rows = []
    for code, (english, chinese, role) in RECIPIENTS.items():
        reasons = [purpose for purpose in published_purposes() if code in purpose.recipients]
        kinds = {str(field.kind.label) for field in published_fields() for purpose in reasons if purpose in field.purposes}
        how = _("acts on our instructions") if role == "entrusted" else _("decides for itself, with your separate consent")
        rows.append(
            (chinese if language.startswith("zh") else english, _lines(kinds), _lines({str(reason.label) for reason in reasons}), how)
        )
    return _table((_("Who"), _("What"), _("Why"), _("As what")), rows)


def _retention() -> str:
    used = {field.keep for field in published_fields()}
    rows = ((keep.label, keep.period, str(STARTS[keep.rules.starts]), keep.source) for keep in Keep if keep in used)
    return _table((_("What is kept"), _("How long"), _("Counted from"), _("By which rule")), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _lines(values: Iterable[str]) -> str:
    return "; ".join(sorted(values))


def _codes(reasons: Iterable[Purpose]) -> str:
    return " ".join(sorted(purpose.code for purpose in reasons))


def _names(purpose: Purpose) -> str:
    return " ".join(sorted(consent.name for consent in purpose.consents))


def _tick(value: bool) -> str:
    return "yes" if value else ""
