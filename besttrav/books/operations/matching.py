"""An insurer's statement against our books: taken whole in one transaction, matched by the database, and told to the fen."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from besttrav.books import actions, statements
from besttrav.books.limits import STATEMENT
from besttrav.books.models import Finding, Statement
from besttrav.books.statements import Fault, Line, Unreadable
from besttrav.insurers import queries as insurers
from besttrav.journal.operations import Draft, move, record, record_all
from besttrav.kernel.actors import Actor
from besttrav.kernel.clock import BEIJING
from besttrav.kernel.errors import Refusal
from besttrav.payments.actions import DIFFERENCE
from besttrav.payments.models import Difference, DifferenceState, What
from besttrav.payments.operations import staff


class NoStatements(Refusal):
    code = "no_statements"
    message = _("How this insurer writes its statements is not known here.")


class TooLarge(Refusal):
    code = "statement_too_large"
    message = _("This file is larger than a statement may be.")
    way_out = _("Ask for statements of shorter periods.")


class AlreadyTaken(Refusal):
    """The same bytes were taken before."""

    code = "statement_taken"
    message = _("This very file was taken before.")


class NotInShape(Refusal):
    """Some lines cannot be read, so none is taken."""

    code = "statement_not_in_shape"
    message = _("The file is not written as this insurer's statements are.")
    way_out = _("Nothing was taken. Ask the insurer for the file as it was made.")


class TooManyDifferences(Refusal):
    code = "too_many_differences"
    message = _("Almost nothing in this file fits our books: is it of this insurer and of this period?")
    way_out = _("Nothing was taken.")


def take_statement(*, insurer: str, first_day: date, last_day: date, content: bytes, actor: Actor) -> Statement:
    """Match a file with our books; both days included. What differs by a fen or a day is told, and people settle it.

    Raises NoStatements, TooLarge, AlreadyTaken, NotInShape with the lines named, and TooManyDifferences; then nothing was taken.
    """
    shape = insurers.insurer(insurer).capabilities.statement
    if shape is None:
        raise NoStatements
    if len(content) > STATEMENT.bytes_most:
        raise TooLarge
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        _one_at_a_time(insurer)
        if known := Statement.objects.filter(digest=digest).first():
            raise AlreadyTaken(_("This very file was taken on %(day)s.") % {"day": f"{known.taken_at.astimezone(BEIJING):%Y-%m-%d}"})
        statement = Statement.objects.create(insurer=insurer, first_day=first_day, last_day=last_day, digest=digest, taken_by=staff(actor))
        _copy(statements.read(content, shape, first_day, last_day))
        _match(statement)
        found = list(_found(statement))
        if len(found) > STATEMENT.differences_most:
            raise TooManyDifferences
        _sum_up(statement, len(found))
        _tell(statement, found, actor)
        _settle_what_came_later(statement, actor)
        record(
            actions.STATEMENT_TAKEN, about=statement, actor=actor, insurer=insurer, first_day=first_day, last_day=last_day,
            lines=statement.lines, differences=statement.differences, digest=digest,
        )  # fmt: skip
    return statement


def _match(statement: Statement) -> None:
    """Give each line the entry it is about: first those that say the same to the day and the fen, then what is left, in its order."""
    with connection.cursor() as cursor:
        # How many free entries a policy number leads to the planner can only guess, and a wrong guess compares each with each: a bill of
        # 100,000 lines was not done after ten minutes. By hashes it takes seconds, and a small one no longer than before.
        cursor.execute("SET LOCAL enable_nestloop = off")
        for same in ("number, kind, day, premium_fen, commission_fen", "number, kind"):
            cursor.execute(_MATCH.format(same=same), [statement.insurer])
        cursor.execute("SET LOCAL enable_nestloop = on")
        cursor.execute(_KEEP, [statement.pk])
        cursor.execute("DROP TABLE books_told")


# What stands in both is numbered, so that two lines of one kind about one policy get an entry each, and none gets two.
_MATCH = """
WITH line AS MATERIALIZED (
  SELECT place, {same}, row_number() OVER (PARTITION BY {same} ORDER BY day, place) AS nth FROM books_told WHERE entry_id IS NULL
), entry AS MATERIALIZED (
  SELECT id, {same}, row_number() OVER (PARTITION BY {same} ORDER BY day, id) AS nth FROM (
    SELECT entry.id, policy.number, entry.kind, entry.day, entry.premium_fen, entry.commission_fen
      FROM books_entry entry JOIN policies_policy policy ON policy.id = entry.policy_id
     WHERE entry.insurer = %s AND policy.number IN (SELECT number FROM line)
       AND NOT EXISTS (SELECT FROM books_statementline stated WHERE stated.entry_id = entry.id)
       AND NOT EXISTS (SELECT FROM books_told told WHERE told.entry_id = entry.id)
  ) AS free
)
UPDATE books_told told SET entry_id = entry.id FROM line JOIN entry USING ({same}, nth) WHERE told.place = line.place
"""
_KEEP = """
INSERT INTO books_statementline (statement_id, place, number, kind, premium_fen, commission_fen, day, entry_id)
SELECT %s, place, number, kind, premium_fen, commission_fen, day, entry_id FROM books_told ORDER BY place
"""


@dataclass(frozen=True, slots=True)
class _Found:
    """One difference: what our books say and what the insurer states, where either says anything."""

    what: What
    number: str
    here: int | None
    there: int | None
    line: int | None
    entry: UUID | None
    payment: UUID | None


def _found(statement: Statement) -> Iterator[_Found]:
    with connection.cursor() as cursor:
        cursor.execute(
            _DIFFERENCES, {"statement": statement.pk, "insurer": statement.insurer, "days": [statement.first_day, statement.last_day]}
        )
        for what, *rest in cursor.fetchmany(STATEMENT.differences_most + 1):
            yield _Found(What(what), *rest)


_DIFFERENCES = """
SELECT unnested.what, line.number, unnested.here, unnested.there, line.id, entry.id, entry.payment_id
  FROM books_statementline line JOIN books_entry entry ON entry.id = line.entry_id, LATERAL (VALUES
    ('premium_differs', entry.premium_fen, line.premium_fen, entry.premium_fen <> line.premium_fen),
    ('commission_differs', entry.commission_fen, line.commission_fen, entry.commission_fen <> line.commission_fen),
    ('day_differs', entry.premium_fen, line.premium_fen, entry.day <> line.day)) AS unnested (what, here, there, differs)
 WHERE line.statement_id = %(statement)s AND unnested.differs
   AND (entry.premium_fen, entry.commission_fen, entry.day) IS DISTINCT FROM (line.premium_fen, line.commission_fen, line.day)
UNION ALL
SELECT CASE WHEN stated.id IS NULL THEN 'line_foreign' ELSE 'line_twice' END,
       line.number, stated.premium_fen, line.premium_fen, line.id, stated.id, stated.payment_id
  FROM books_statementline line LEFT JOIN LATERAL (
    SELECT entry.id, entry.premium_fen, entry.payment_id FROM policies_policy policy JOIN books_entry entry ON entry.policy_id = policy.id
     WHERE policy.insurer = %(insurer)s AND policy.number = line.number AND entry.kind = line.kind ORDER BY entry.day DESC, entry.id LIMIT 1
  ) AS stated ON true
 WHERE line.statement_id = %(statement)s AND line.entry_id IS NULL
UNION ALL
SELECT 'line_missing', policy.number, entry.premium_fen, NULL, NULL, entry.id, entry.payment_id
  FROM books_entry entry JOIN policies_policy policy ON policy.id = entry.policy_id
 WHERE entry.insurer = %(insurer)s AND entry.day BETWEEN (%(days)s::date[])[1] AND (%(days)s::date[])[2]
   AND NOT EXISTS (SELECT FROM books_statementline line WHERE line.entry_id = entry.id)
   AND NOT EXISTS (SELECT FROM books_finding finding JOIN payments_difference difference ON difference.id = finding.difference_id
                    WHERE finding.entry_id = entry.id AND difference.what = 'line_missing')
"""


def _one_at_a_time(insurer: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"books.statements:{insurer}"])


def _copy(lines: Iterator[Line | Unreadable]) -> None:
    """Into a table of this transaction as they are read; where one cannot be read, the rest is looked at, and all is undone."""
    faults: list[Unreadable] = []
    with connection.cursor() as cursor:
        cursor.execute(_TOLD)
        try:
            with cursor.copy("COPY books_told (place, number, kind, premium_fen, commission_fen, day) FROM STDIN") as copy:
                for line in lines:
                    if isinstance(line, Unreadable):
                        faults.append(line)
                        if len(faults) >= STATEMENT.faults_shown:
                            break
                    elif not faults:  # What stands in a line is a number, a day, or of letters that mean nothing to COPY.
                        copy.write(f"{line.place}\t{line.number}\t{line.kind}\t{line.premium}\t{line.commission}\t{line.day}\n")
        except Unreadable as whole:
            faults.append(whole)
        if faults:
            raise NotInShape(_in_words(faults))
        cursor.execute("ANALYZE books_told")


_TOLD = """
CREATE TEMPORARY TABLE books_told (
  place integer, number text, kind text, premium_fen bigint, commission_fen bigint, day date, entry_id uuid
)
"""


def _in_words(faults: Iterable[Unreadable]) -> str:
    return " ".join(str(_("Line %(line)s: %(what)s.") % {"line": one.line, "what": FAULTS[one.fault]}) for one in faults)


FAULTS: dict[Fault, str | Promise] = {
    Fault.ENCODING: _("not in the encoding that this insurer writes in"),
    Fault.HEAD: _("the head lacks a column, or has one twice"),
    Fault.CELLS: _("too few cells, or quotation marks that do not close"),
    Fault.NUMBER: _("no policy number"),
    Fault.KIND: _("an unknown kind of transaction"),
    Fault.PREMIUM: _("the premium is no amount"),
    Fault.COMMISSION: _("the commission is no amount"),
    Fault.DAY: _("the day is no day"),
    Fault.PERIOD: _("the day is not in the period of this statement"),
    Fault.EMPTY: _("the file is empty"),
}


def _sum_up(statement: Statement, differences: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(premium_fen), 0), coalesce(sum(commission_fen), 0) FROM books_statementline"
            " WHERE statement_id = %s",
            [statement.pk],
        )
        statement.lines, premium, commission = cursor.fetchone()
    statement.premium_fen, statement.commission_fen, statement.differences = int(premium), int(commission), differences
    statement.save(update_fields=["lines", "premium_fen", "commission_fen", "differences"])


def _tell(statement: Statement, found: list[_Found], actor: Actor) -> None:
    made = [
        Difference(
            insurer=statement.insurer, what=one.what, payment_id=one.payment, number=one.number, fen_here=one.here, fen_there=one.there
        )
        for one in found
    ]
    Difference.objects.bulk_create(made)
    Finding.objects.bulk_create(
        Finding(difference=difference, statement=statement, line_id=one.line, entry_id=one.entry)
        for difference, one in zip(made, found, strict=True)
    )
    facts: dict[str, Any] = {"channel": statement.insurer, "day": statement.last_day}
    record_all([Draft(DIFFERENCE, about=one, actor=actor, facts=facts | {"what": one.what}) for one in made])


def _settle_what_came_later(statement: Statement, actor: Actor) -> None:
    """What was missing in one statement and stands in the next needs nobody; what still differs in it has a difference of its own."""
    late = Difference.objects.filter(state=DifferenceState.OPEN, what=What.LINE_MISSING, finding__entry__line__statement=statement)
    for difference in late:
        move(difference, DifferenceState.SETTLED, actor=actor, because="stated_later")
