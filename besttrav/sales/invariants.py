"""What must be true of sales whatever has crashed, was repeated or is under way. Asked with all the others by `manage.py invariants`.

P2 nothing left before it was paid and permitted; P3 whoever paid is insured, has their money back or is within the clock; P5 every history
is a path of the moves; and the trace of each sale is whole. Tells ids and counts, never a value.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from besttrav.insurers.models import Exchange, Kind
from besttrav.journal.queries import broken_histories
from besttrav.kernel import clock
from besttrav.policies.models import Party, Policy
from besttrav.privacy import files
from besttrav.privacy.invariants import invariant
from besttrav.privacy.models import ConsentEvent
from besttrav.sales import evidence, queries
from besttrav.sales.models import Application, Evidence, Notice, Order, Visit
from besttrav.sales.operations.applying import agrees_to_death_cover

GRACE = timedelta(minutes=15)
PAGE = 500


@invariant
def nothing_left_before_it_was_paid_and_permitted() -> Iterator[str]:
    """P2: an application leaves after its order was paid, on a permit that was written down for this very exchange."""
    yield from _told(
        "SELECT exchange.id, 'left for the insurer and no paid order stands behind it' FROM insurers_exchange exchange"
        " JOIN sales_application application ON application.contract = exchange.contract"
        " LEFT JOIN sales_order o ON o.application_id = application.id"
        " WHERE exchange.kind = 'submit' AND exchange.left_at IS NOT NULL AND (o.paid_at IS NULL OR o.paid_at > exchange.left_at)"
    )
    yield from _told(
        # Of one that nobody answered for, only that it was about to leave is known: the permit is taken before the first byte.
        "SELECT exchange.id, 'left for the insurer without a permit' FROM insurers_exchange exchange"
        " WHERE exchange.kind = 'submit' AND (exchange.state IN ('ok', 'differs', 'waiting') OR exchange.policy_number <> '') AND EXISTS"
        " (SELECT 1 FROM sales_application application WHERE application.contract = exchange.contract)"
        " AND NOT EXISTS (SELECT 1 FROM privacy_sharing sharing WHERE sharing.about = exchange.id)"
    )
    yield from _told(
        "SELECT sharing.about, 'left for the insurer without the consent ' || code FROM privacy_sharing sharing"
        " JOIN insurers_exchange exchange ON exchange.id = sharing.about AND exchange.kind = 'submit', unnest(ARRAY['K02', 'K05']) AS code"
        " WHERE coalesce((SELECT event.result FROM privacy_consentevent event"
        " WHERE event.subject = sharing.subject AND event.code = code.code AND event.id < sharing.id"
        " AND event.detail = CASE code.code WHEN 'K05' THEN exchange.insurer ELSE '' END"
        " ORDER BY event.id DESC LIMIT 1), '') <> 'given'"
    )


@invariant
def nobody_is_insured_on_their_death_without_agreeing() -> Iterator[str]:
    """P2, K15: whoever must agree to cover on their death had agreed when the application left."""
    left = Exchange.objects.filter(kind=Kind.SUBMIT, left_at__isnull=False).values("contract")
    last = UUID(int=0)
    while page := list(Application.objects.filter(contract__in=left, pk__gt=last).order_by("pk")[:PAGE]):
        yield from _without_agreement(page)
        last = page[-1].pk


def _without_agreement(applications: Sequence[Application]) -> Iterator[str]:
    offers = {one.contract: queries.offer_of(one) for one in applications}
    parties = Party.objects.filter(contract__in=offers, is_insured=True, is_holder=False)
    asked = [party for party in parties if agrees_to_death_cover(party, offers[party.contract])]
    subjects = files.subjects_of(party.person for party in asked)
    agreed = set(ConsentEvent.objects.filter(subject__in=subjects.values(), code="K15", result="given").values_list("subject", flat=True))
    for party in asked:
        if subjects.get(party.person) not in agreed | {None}:
            yield f"{party.pk} is insured on their death and never agreed"


@invariant
def whoever_paid_is_insured_or_has_the_money_back() -> Iterator[str]:
    """P3: issued, refunded, refunding, or paid and within its clock. No fourth."""
    yield from _told("SELECT id, 'is paid and past its clock' FROM sales_order WHERE state = 'paid' AND issue_by < %s", clock.now() - GRACE)
    yield from _told(
        "SELECT o.id, 'is being refunded and no refund stands behind it' FROM sales_order o WHERE o.state IN ('refunding', 'refunded')"
        " AND NOT EXISTS (SELECT 1 FROM payments_refund refund WHERE refund.payment_id = o.payment)"
    )
    yield from _told(
        "SELECT payment.id, 'was captured and its order does not know' FROM payments_payment payment"
        " JOIN sales_order o ON o.id = payment.order_id WHERE payment.state = 'captured' AND o.payment IS DISTINCT FROM payment.id"
        " AND payment.refunding_fen < payment.captured_fen AND coalesce(payment.asked_at, payment.paid_at) < %s",  # since it was heard of
        clock.now() - GRACE,
    )


@invariant
def an_issued_order_has_its_policy_and_no_other_has() -> Iterator[str]:
    """P1: order, application, policy and exchange say the same."""
    yield from _told(
        "SELECT o.id, 'says ' || o.state || ', its application ' || a.state || ', and its policy ' || coalesce(p.state, 'nothing')"
        " FROM sales_order o JOIN sales_application a ON a.id = o.application_id LEFT JOIN policies_policy p ON p.contract = a.contract"
        " WHERE (o.state = 'issued') <> (p.id IS NOT NULL) OR (a.state = 'concluded') <> (p.id IS NOT NULL)"
    )
    yield from _told(
        "SELECT p.id, 'is not what its order was' FROM policies_policy p JOIN sales_application a ON a.contract = p.contract"
        " JOIN sales_order o ON o.application_id = a.id WHERE p.premium_fen <> o.premium_fen OR p.subject <> o.subject"
        " OR (p.first_day, p.last_day) <> (a.first_day, a.last_day) OR p.version_id <> a.version_id"
    )
    yield from _told(
        "SELECT p.id, 'has no exchange that issued it' FROM policies_policy p WHERE NOT EXISTS"
        " (SELECT 1 FROM insurers_exchange exchange WHERE exchange.contract = p.contract AND exchange.kind = 'submit'"
        " AND exchange.state = 'ok' AND exchange.policy_number = p.number)"
    )
    yield from _told(
        "SELECT o.id, 'has its money back, and its policy was neither refused nor taken back' FROM sales_order o"
        " JOIN sales_application a ON a.id = o.application_id JOIN insurers_exchange exchange ON exchange.contract = a.contract"
        " AND exchange.kind = 'submit' WHERE o.state IN ('refunding', 'refunded') AND exchange.state NOT IN ('rejected', 'given_up')"
    )
    yield from _told(
        "SELECT o.id, 'has its money back, and its policy stands' FROM sales_order o JOIN sales_application a ON a.id = o.application_id"
        " JOIN policies_policy p ON p.contract = a.contract AND p.state = 'stands'"
        " JOIN payments_payment payment ON payment.id = o.payment AND payment.state = 'returned'"
    )
    yield from _told(
        "SELECT policy_id, 'has transactions that are not numbered from one on' FROM policies_policytransaction GROUP BY policy_id"
        " HAVING min(number) <> 1 OR max(number) <> count(*)"
    )


@invariant
def every_sale_moved_along_its_table() -> Iterator[str]:
    """P5."""
    for model in (Application, Order, Notice, Policy):
        for id in broken_histories(model):
            yield f"{model._meta.label_lower} {id} has a history that is no path of its moves"


@invariant
def every_sale_is_whose_we_wrote_it_is() -> Iterator[str]:
    """A bond shows a row that was made or changed past us."""
    for model in (Application, Order, Notice, Visit):
        for row in model.objects.iterator(chunk_size=500):
            if not row.is_bound:
                yield f"{model._meta.label_lower} {row.pk} does not carry our bond"


@invariant
def every_trace_of_a_sale_is_whole() -> Iterator[str]:
    applications = Application.objects.filter(pk__in=Evidence.objects.values("application")).only("pk")
    for application in applications.iterator(chunk_size=500):
        if broken := evidence.broken_at(evidence.told(application)):
            yield f"the trace of {application.pk} is broken at step {broken}"


def _told(statement: str, *values: datetime) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} LIMIT 20", values)
        return [f"{id} {what}" for id, what in cursor.fetchall()]
