"""The trace of a sale: every step as it was shown and done, each chained to the one before, so that none can be changed or taken out.

Kept with the contract, readable by people: page, version of the page, what was done, which public text by its digest, when. Never a value
somebody typed.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from besttrav.journal import seals
from besttrav.kernel import clock
from besttrav.sales.models import Application, Evidence

FIRST = bytes(32)


@dataclass(frozen=True, slots=True)
class Seen:
    """The page somebody acted on: its name and the version that names exactly what it showed."""

    page: str
    version: str = ""


def note(application: Application, seen: Seen, action: str, **facts: Any) -> Evidence:
    """Add a step. The caller has locked the application (`applying.locked`), so steps have one order."""
    last = Evidence.objects.filter(application=application).order_by("-number").first()
    step = Evidence(
        application=application,
        number=last.number + 1 if last else 1,
        at=clock.now(),
        page=seen.page,
        page_version=seen.version,
        action=action,
        facts=facts,
    )
    step.digest = _digest(step, bytes(last.digest) if last else FIRST)
    step.save(force_insert=True)
    return step


def told(application: Application) -> list[Evidence]:
    """The whole trace, in order."""
    return list(Evidence.objects.filter(application=application).order_by("number"))


def broken_at(steps: list[Evidence]) -> int | None:
    """The number of the first step that is not what it was, or that follows a gap; None when the trace is whole."""
    return next(_broken(steps), None)


def _broken(steps: list[Evidence]) -> Iterator[int]:
    before = FIRST
    for place, step in enumerate(steps, 1):
        if step.number != place or bytes(step.digest) != _digest(step, before):
            yield place
        before = bytes(step.digest)


def _digest(step: Evidence, before: bytes) -> bytes:
    said = seals.canonical(
        {
            "action": step.action,
            "application": str(step.application_id),
            "at": seals.moment(step.at),
            "before": before.hex(),
            "facts": step.facts,
            "number": step.number,
            "page": step.page,
            "version": step.page_version,
        }
    )
    return hashlib.sha256(said.encode("ascii")).digest()
