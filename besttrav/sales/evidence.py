"""The trace of a sale: every step as it was shown and done, each chained to the one before, so that none can be changed or taken out.

Kept with the contract, readable by people: page, version of the page, what was done, which public text by its digest, when. Never a value
somebody typed.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from besttrav.journal import seals
from besttrav.kernel import clock
from besttrav.kernel.statements import straight
from besttrav.sales.models import Application, Evidence

FIRST = bytes(32)


@dataclass(frozen=True, slots=True)
class Seen:
    """The page somebody acted on: its name and the version that names exactly what it showed."""

    page: str
    version: str = ""


def note(application: Application, seen: Seen, action: str, **facts: Any) -> Evidence:
    """Add a step. The caller has locked the application (`applying.locked`), so steps have one order."""
    step = Evidence(application=application, at=clock.now(), page=seen.page, page_version=seen.version, action=action, facts=facts)
    values: dict[str, Any] = {
        "id": step.id,
        "application": application.id,
        "at": step.at,
        "page": step.page,
        "version": step.page_version,
        "action": action,
        "facts": Jsonb(facts),
        "first": FIRST,
        **dict(zip(("head", "middle", "tail"), _hashed(step), strict=True)),
    }
    ((step.number, step.digest),) = straight(connection, _NOTE, values)
    step._state.adding = False
    return step


def has(application: Application, action: str) -> bool:
    """Whether this step was ever taken."""
    return bool(
        straight(connection, "SELECT 1 FROM sales_evidence WHERE application_id = %s AND action = %s LIMIT 1", [application.id, action])
    )


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
    head, middle, tail = _hashed(step)
    return hashlib.sha256(f"{head}{before.hex()}{middle}{step.number}{tail}".encode("ascii")).digest()


def _hashed(step: Evidence) -> tuple[str, str, str]:
    """The canonical words of a step around its two links to the chain: the digest before it, and its number."""
    begin = seals.canonical({"action": step.action, "application": str(step.application_id), "at": seals.moment(step.at)})
    facts = seals.canonical({"facts": step.facts})
    end = seals.canonical({"page": step.page, "version": step.page_version})
    return f'{begin[:-1]},"before":"', f'",{facts[1:-1]},"number":', f",{end[1:]}"


_HAS = "SELECT 1 FROM sales_evidence WHERE application_id = %s AND action = %s LIMIT 1"

# The database links the step to the one before it: to fetch that first would be one more statement at every step of a sale.
_NOTE = """
    WITH link AS (
        SELECT coalesce(max(number), 0) + 1 AS number,
               coalesce((array_agg(digest ORDER BY number DESC))[1], %(first)s) AS before
          FROM sales_evidence WHERE application_id = %(application)s
    )
    INSERT INTO sales_evidence (id, application_id, number, at, page, page_version, action, facts, digest)
    SELECT %(id)s, %(application)s, number, %(at)s, %(page)s, %(version)s, %(action)s, %(facts)s,
           sha256(convert_to(%(head)s || encode(before, 'hex') || %(middle)s || number || %(tail)s, 'UTF8'))
      FROM link
    RETURNING number, digest
"""
