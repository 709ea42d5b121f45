"""A purchase of four people, from the first step of the application to the policy, jobs drained (lines 4 and 5).

Our own papers are made when somebody asks for them and stand in lines of their own: setting three documents in type takes longer than all
the rest, and the peers' purchases, which gave the goals, set none.

The limit is the least a shop on this framework must do for it: the same kinds of rows by plain models, in one request, without validation,
sealing, price, decision, evidence or ledger. The vendors' own time is left out: they answer in this process.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from unittest import mock

from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from bench import people
from bench.measuring import Judged, Line, interleaved, seconds
from bench.models import PlainEntry, PlainPerson
from bench.sizes import Sizes
from besttrav.journal import aside
from besttrav.kernel import clock, ids
from besttrav.kernel.actors import Actor
from besttrav.privacy.vault.router import VAULT

PEOPLE = 4
VENDORS = {"carrier": "Carrier", "wechat": "Channel", "insurer:heyan": "Insurer"}


def lines(sizes: Sizes) -> Iterator[Line]:
    wire()
    buyer = Buyer()
    buy = buyer.buy
    times = interleaved(sizes.rounds, _times(plain_purchase, sizes.purchases), _times(buy, sizes.purchases))
    ratio, processor = 1 / times.ratio(1), 1 / times.processor_ratio(1)
    figures = times.seconds(1) / sizes.purchases * 1e3, times.seconds(0) / sizes.purchases * 1e3
    yield Line(
        f"a purchase of {PEOPLE} people, as a rate of the limit", "ms", *figures, ratio, processor, must=0.12, aim=0.25, at_least=True
    )
    yield from _counts(buy, sizes.purchases)
    yield from _papers(buyer)


def _papers(buyer: "Buyer") -> Iterator[Line]:
    """Our own papers, if everybody asks for all of theirs; `paper` measures them one by one."""
    begin = _written()
    spent = seconds(buyer.print_papers)
    kilobytes = (_written() - begin) / buyer.bought / 1000
    yield Line("its papers when asked for: two copies and a certificate, set and kept", "ms", spent / buyer.bought * 1e3)
    yield Line("their write-ahead log", "kB", kilobytes)


def _times(work: Callable[[], object], count: int) -> Callable[[], None]:
    def several() -> None:
        for _ in range(count):
            work()

    return several


def wire() -> None:
    """Vendors that answer in this process, and a full shelf."""
    from tests.catalogue.shelf import stocked

    answering_vendors()
    stocked()


def answering_vendors() -> None:
    from django.conf import settings

    from besttrav.kernel.registry import forget_providers

    settings.PROVIDERS = settings.PROVIDERS | {port: {"class": f"bench.vendors.{name}"} for port, name in VENDORS.items()}
    forget_providers()


def plain_purchase() -> None:
    """Fourteen rows and three changes of state in three transactions."""
    with transaction.atomic():
        application = PlainPerson._default_manager.create(person=ids.new_id(), **people.values())
        for _ in range(PEOPLE):
            PlainPerson._default_manager.create(person=application.pk, **people.values())
        _entries(application, 2)
    with transaction.atomic():
        payment = PlainPerson._default_manager.create(person=application.pk, **people.values())
        application.message = "paid"
        application.save(update_fields=["message"])
        _entries(application, 3)
    with transaction.atomic():
        PlainPerson._default_manager.create(person=application.pk, **people.values())
        for row in (application, payment):
            row.message = "issued"
            row.save(update_fields=["message"])
        _entries(application, 2)


def _entries(about: PlainPerson, count: int) -> None:
    for number in range(count):
        PlainEntry._default_manager.create(action="bench", subject=about.pk, actor_name="bench", facts={"number": number})


class Buyer:
    """Somebody signed in who buys again and again, for other people each time; somebody else where one may begin no more in a day."""

    def __init__(self, first: int = 0, drain: Callable[[], object] | None = None) -> None:
        from besttrav.catalogue import queries
        from tests.jobs import run_due_jobs

        offer = queries.current("outbound", clock.today())
        assert offer
        self.offer = offer
        self.first_day = clock.today() + timedelta(days=10)
        self._first, self._drain = first, drain or run_due_jobs
        self.bought = 0

    def _sign_in(self) -> None:
        from besttrav.people.models import Account
        from besttrav.privacy import files
        from besttrav.privacy.keeping import Keep

        sheet = files.open_sheet(keep=Keep.ACCOUNT)
        self.account = Account.objects.create(holder=sheet.id, subject=sheet.subject_id, phone="+8612900001001")
        self.actor = Actor.person(id=self.account.id, subject=sheet.subject_id)

    def buy(self) -> None:
        from besttrav.payments import operations as paying
        from besttrav.payments.models import ChannelName, Scene
        from besttrav.sales.evidence import Seen
        from besttrav.sales.limits import DRAFT
        from besttrav.sales.operations import applying, submitting
        from besttrav.sales.operations.submitting import Signature
        from besttrav.sales.queries import parties_of
        from besttrav.sales.steps import CONFIRMED_PAPERS

        seen = Seen("bench", "1")
        if self.bought % DRAFT.begun_a_day == 0:
            self._sign_in()
        self.bought += 1
        wanted = applying.Wanted(
            plan=self.offer.plans[1].code, first_day=self.first_day, last_day=self.first_day + timedelta(days=7), destinations=("JP",)
        )
        application = applying.start(
            offer=self.offer,
            wanted=wanted,
            language="zh-hans",
            browser_sha256="bench",
            network="192.0.2.0/24",
            account=self.account,
            actor=self.actor,
            seen=seen,
        )
        applying.enter(application=application, actor=self.actor, seen=seen)
        applying.describe_trip(application=application, wanted=wanted, actor=self.actor, seen=seen)
        applying.write_people(application=application, people=[self._person(place) for place in range(PEOPLE)], actor=self.actor, seen=seen)
        for kind in CONFIRMED_PAPERS:
            sha256 = self.offer.paper(kind).sha256.zh
            applying.confirm_paper(application=application, offer=self.offer, kind=kind, sha256=sha256, actor=self.actor, seen=seen)
        agreed = frozenset(applying.consents_needed(self.offer, parties_of(application)))
        applying.consent(application=application, offer=self.offer, agreed=agreed, actor=self.actor, seen=seen)
        order = submitting.submit(
            application=application,
            revision=application.revision,
            offer=self.offer,
            signature=Signature(name="林知远"),
            actor=self.actor,
            seen=seen,
        ).order
        assert order
        payment = paying.begin(
            order_id=order.id,
            subject=order.subject,
            amount=order.premium,
            channel=ChannelName.WECHAT,
            scene=Scene.NATIVE,
            description="bench",
            expires_at=order.pay_by,
            actor=self.actor,
        )
        paying.prepay(payment=payment, return_url="https://bench.example/", payer_address="192.0.2.7")
        paying.ask(payment=payment)
        self._drain()

    def print_papers(self) -> None:
        from besttrav.policies.models import Policy
        from besttrav.sales.operations import papers

        for policy in Policy.objects.all():
            for kind, language in papers.offered(policy):
                papers.made(policy=policy, kind=kind, language=language)

    def _person(self, place: int) -> Any:
        from besttrav.kernel.identity import Sex
        from besttrav.policies.operations.people import Person
        from tests import invented

        turn = self._first + self.bought * PEOPLE + place
        born = date(1985, 1, 1) + timedelta(days=turn % 5000)
        return Person(
            name="林知远",
            passport_name="LIN/ZHIYUAN",
            identity_kind="id_card",
            identity_number=invented.id_number(born, Sex.MALE, serial=turn // 5000),
            birth_date=born,
            sex="male",
            phone="+8612900001001" if place == 0 else "",
            is_holder=place == 0,
            is_insured=True,
            relation="self" if place == 0 else "other",
        )


def _counts(buy: Callable[[], object], purchases: int) -> Iterator[Line]:
    """Everything one purchase says to both databases, and aside. What draining the jobs takes is the queue's own and stands beside it."""
    with (
        mock.patch.object(aside, "commit", wraps=aside.commit) as written_aside,
        CaptureQueriesContext(connection) as record,
        CaptureQueriesContext(connections[VAULT]) as vault,
    ):
        buy()
    said = [_Said.of(context.captured_queries) for context in (record, vault)]
    ours = sum(one.ours for one in said) + written_aside.call_count
    yield Line("its statements, of our own", "", ours, judged=Judged.MEASURED, must=80, aim=50)
    yield Line("and of the queue's", "", sum(one.queues for one in said))
    yield Line("its transactions", "", sum(one.begun for one in said), judged=Judged.MEASURED, must=25, aim=20)
    yield Line("and statements of our own outside of one, that write", "", sum(one.writes_alone for one in said) + written_aside.call_count)
    yield Line("and that read", "", sum(one.reads_alone for one in said))
    written, plain = _log_of(buy, purchases), _log_of(plain_purchase, purchases)
    yield Line("its write-ahead log, both databases", "kB", written, plain, judged=Judged.MEASURED, must=30, aim=20)
    synced, plain = _syncs_of(buy, purchases), _syncs_of(plain_purchase, purchases)
    yield Line("times it has the log flushed to the disk", "", synced, plain, judged=Judged.MEASURED, must=12, aim=8)


@dataclass(frozen=True, slots=True)
class _Said:
    """What was said to one database, counted. A transaction in which nothing was said is none: the database does not hear of it."""

    ours: int
    queues: int
    begun: int
    writes_alone: int
    reads_alone: int

    @classmethod
    def of(cls, captured: Sequence[dict[str, str]]) -> "_Said":
        inside, begun, counted = False, 0, Counter[str]()
        said = [one["sql"].lstrip() for one in captured]
        for sql, following in zip(said, [*said[1:], ""], strict=True):
            if sql.startswith(("BEGIN", "COMMIT")):
                inside = sql.startswith("BEGIN")
                begun += inside and not following.startswith("COMMIT")
            elif "procrastinate" in sql:
                counted["queue's"] += 1
            elif not sql.startswith(("SAVEPOINT", "RELEASE")):
                does = "writes" if re.search(r"\b(INSERT INTO|UPDATE|DELETE FROM)\b", sql) else "reads"
                counted["ours" if inside else f"{does} alone"] += 1
        alone = counted["writes alone"], counted["reads alone"]
        return cls(counted["ours"] + sum(alone), counted["queue's"], begun, *alone)


def _log_of(work: Callable[[], object], purchases: int) -> float:
    """Kilobytes each, after a few that bring the whole pages which follow a checkpoint: those insure the disk and are not our writing."""
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    _times(work, purchases)()
    begin = _written()
    _times(work, purchases)()
    return (_written() - begin) / purchases / 1000


def _syncs_of(work: Callable[[], object], purchases: int) -> float:
    """By this database's own sessions: what the log's writer flushes in its own time holds nobody up."""
    begin = _synced()
    _times(work, purchases)()
    return (_synced() - begin) / purchases


def _synced() -> float:
    """Sessions tell their numbers when they have been idle for a moment, or are asked to."""
    for alias in connections:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT pg_stat_force_next_flush()")
    aside.disconnect()
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(fsyncs)::float FROM pg_stat_io WHERE object = 'wal' AND backend_type = 'client backend'")
        return float(cursor.fetchone()[0])


def _written() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float")
        return float(cursor.fetchone()[0])
