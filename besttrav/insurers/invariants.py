"""What must be true of exchanges whatever has crashed or is under way. Asked with all the others by `manage.py invariants`.

P1 at most one live policy per contract version, and we know exactly that one; P5 every history is a path of the allowed moves;
J1 nothing that runs is lost or stuck; J2 each callback has exactly one effect. Tells ids and counts, never a value.
"""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from besttrav.insurers.models import MOVES, RUNNING, ExchangeState, Kind
from besttrav.kernel import clock
from besttrav.privacy.invariants import invariant


@invariant
def one_policy_per_contract_version() -> Iterator[str]:
    """P1, our side: no two submissions of a version, and no policy number under two contracts that call it theirs."""
    yield from _told(
        "SELECT contract::text, 'has several submissions of version ' || version FROM insurers_exchange WHERE kind = %s"
        " GROUP BY contract, version HAVING count(*) > 1",
        [Kind.SUBMIT],
    )
    yield from _told(
        "SELECT min(id::text), 'shares its policy with ' || count(*) - 1 || ' others' FROM insurers_exchange"
        " WHERE kind = %s AND state = %s GROUP BY insurer, policy_number HAVING count(*) > 1",
        [Kind.SUBMIT, ExchangeState.OK],
    )


@invariant
def what_was_given_up_is_withdrawn() -> Iterator[str]:
    """P1, the insurer's side: a submission that may have arrived and was given up on is being taken back, or was."""
    yield from _told(
        "SELECT id::text, 'was given up, may have arrived, and is not withdrawn' FROM insurers_exchange given_up"
        " WHERE kind = %s AND state = %s AND left_at IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM insurers_exchange WHERE kind = %s AND submission_id = given_up.id)",
        [Kind.SUBMIT, ExchangeState.GIVEN_UP, Kind.WITHDRAW],
    )


@invariant
def what_left_was_counted_and_what_was_issued_has_its_policy() -> Iterator[str]:
    yield from _told(
        "SELECT id::text, 'is issued without policy, premium or an answer that can be right' FROM insurers_exchange"
        " WHERE kind = %s AND state = %s AND (policy_number = '' OR amount_fen IS NULL OR tries = 0 OR differences <> '[]'::jsonb)",
        [Kind.SUBMIT, ExchangeState.OK],
    )


@invariant
def every_history_is_a_path_of_the_moves() -> Iterator[str]:
    """P5: each move starts where the one before ended, is in the table, and the last one ends in the state the row has."""
    allowed = [f"{was.value}>{now.value}" for was, onward in MOVES.items() for now in onward]
    yield from _told(
        """
        WITH move AS (
            SELECT about_id, facts->>'was' AS was, facts->>'now' AS now, id,
                   lag(facts->>'now') OVER history AS before, lead(id) OVER history IS NULL AS is_last
              FROM journal_entry WHERE action = 'insurers.exchange_moved'
            WINDOW history AS (PARTITION BY about_id ORDER BY tick, id)
        )
        SELECT about_id::text, 'moved from ' || move.was || ' to ' || move.now || ' out of order' FROM move
          JOIN insurers_exchange exchange ON exchange.id = about_id
         WHERE (before IS NOT NULL AND before <> move.was) OR NOT move.was || '>' || move.now = ANY(%s)
            OR (is_last AND exchange.state <> move.now)
        """,
        [allowed],
    )


@invariant
def nothing_that_runs_is_stuck() -> Iterator[str]:
    """J1: whatever is not at its end has a next try before its deadline, and no deadline is long past."""
    yield from _told(
        "SELECT id::text, 'runs and will not be looked at' FROM insurers_exchange"
        " WHERE state = ANY(%s) AND (next_try_at IS NULL OR next_try_at > deadline_at)",
        [RUNNING],
    )
    yield from _told(
        "SELECT id::text, 'is past its deadline for a quarter of an hour' FROM insurers_exchange"
        " WHERE state = ANY(%s) AND deadline_at < %s - interval '15 minutes'",
        [RUNNING, clock.now()],
    )


@invariant
def every_callback_is_handled_or_has_a_job() -> Iterator[str]:
    """J2: one row an event by constraint; here that each was looked at, or will be."""
    yield from _told(
        "SELECT item.id::text, 'was taken and nobody will look at it' FROM insurers_inboxitem item WHERE handled_at IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM procrastinate_jobs job JOIN journal_entry entry ON entry.id::text = job.args->>'entry_id'"
        "   WHERE job.task_name = 'insurers.heed_callback' AND job.status IN ('todo', 'doing') AND entry.about_id = item.id)",
        [],
    )


def _told(statement: str, values: list[Any]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [f"{id} {what}" for id, what in cursor.fetchall()]
