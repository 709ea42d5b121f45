"""`docs/journal.md`: everything this house writes down, generated from the declarations."""

from collections.abc import Iterator

from django.utils.translation import override

from besttrav.journal.actions import Action, Stream, actions
from besttrav.journal.streams import retentions

INTRODUCTION = """\
# What the journal writes down

Generated from the declarations by `python manage.py journal document`; do not edit. Every entry also has a random id, the moment, who acted
(kind, random id, and for staff the number, for jobs the name), the random id of the record it is about, and that of the person
whose data it concerns. Facts are codes, numbers, days, random ids and digests. Free text does not exist.
"""


def markdown() -> str:
    """The whole page."""
    with override("en"):
        return "\n".join([INTRODUCTION, *_streams(), *(line for stream in Stream for line in _stream(stream))]).rstrip() + "\n"


def _streams() -> Iterator[str]:
    yield "| stream | kept, in months after the month of the entry | rule | source | how sure | what it holds |"
    yield "|---|---|---|---|---|---|"
    for stream, retention in retentions().items():
        yield f"| {stream.label} | {retention.months} | {retention.rule} | {retention.law} | {retention.mark} | {retention.holds} |"
    yield ""


def _stream(stream: Stream) -> Iterator[str]:
    declared = [action for action in actions() if action.stream is stream]
    if not declared:
        return
    yield f"## {stream.label}"
    yield ""
    yield "| action | says | facts |"
    yield "|---|---|---|"
    for action in declared:
        yield f"| `{action.name}` | {action.says} | {_facts(action)} |"
    yield ""


def _facts(action: Action) -> str:
    return ", ".join(f"{name} ({fact})" for name, fact in action.facts.items()) or "none"
