"""The n-th statement fails, for n = 1, 2, 3 … until a run comes through: nothing is opened, nothing half done, what was begun is finished.

The vault, the record, the journal's own connection and the key service each go away at every moment they are needed.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import OperationalError, connections, transaction
from pytest_django import Settings

from besttrav.journal import aside
from besttrav.journal.models import Entry
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Unavailable
from besttrav.kernel.registry import forget_providers
from besttrav.privacy import actions, erasing, files, gate, invariants, recovering, tidying, turning
from besttrav.privacy.keeping import Keep
from besttrav.privacy.models import Erasure
from besttrav.privacy.purposes import SERVE
from besttrav.privacy.vault import epochs, secrets
from besttrav.providers.keys.local import LocalKeyring
from tests.epochs import forget_epochs
from tests.sample.models import Journey

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "vault"])

MEI = Actor.staff(id=uuid4(), number="0417", roles=frozenset({"service"}))
Act = Callable[[], Any]


class Countdown:
    """Fails the n-th time it is asked, and says whether it did."""

    def __init__(self, turn: int) -> None:
        self.turn, self.asked = turn, 0

    def tick(self, error: Exception) -> None:
        self.asked += 1
        if self.asked == self.turn:
            raise error

    @property
    def has_failed(self) -> bool:
        return self.asked >= self.turn


class FailingKeyring(LocalKeyring):
    """The local keyring behind a line that may be cut."""

    countdown: Countdown | None = None

    def wrap(self, reference: str, secret: bytes, context: bytes) -> bytes:
        self._tick()
        return super().wrap(reference, secret, context)

    def unwrap(self, reference: str, sealed: bytes, context: bytes) -> bytes:
        self._tick()
        return super().unwrap(reference, sealed, context)

    def create(self, label: str) -> str:
        self._tick()
        return super().create(label)

    def destroy(self, reference: str) -> None:
        self._tick()
        super().destroy(reference)

    def _tick(self) -> None:
        if FailingKeyring.countdown:
            FailingKeyring.countdown.tick(Unavailable("keys", "cut off"))


@contextmanager
def failing_database(alias: str, countdown: Countdown) -> Iterator[None]:
    def statement(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        countdown.tick(OperationalError("the connection is gone"))
        return execute(sql, params, many, context)

    with connections[alias].execute_wrapper(statement):
        yield


@contextmanager
def failing_journal(countdown: Countdown) -> Iterator[None]:
    run = aside._run

    def cut(statement: str, parameters: Any) -> None:
        countdown.tick(psycopg.OperationalError("the connection is gone"))
        if countdown.has_failed:
            raise psycopg.OperationalError("still gone")
        run(statement, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aside, "_run", cut)
        yield


@contextmanager
def failing_keys(countdown: Countdown) -> Iterator[None]:
    secrets.forget_all_but([])
    FailingKeyring.countdown = countdown
    try:
        yield
    finally:
        FailingKeyring.countdown = None


FAULTS: dict[str, Callable[[Countdown], Any]] = {
    "vault": lambda countdown: failing_database("vault", countdown),
    "record": lambda countdown: failing_database("default", countdown),
    "journal": failing_journal,
    "keys": failing_keys,
}


@pytest.fixture(autouse=True)
def places_of_its_own(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """A ledger and a keyring that no other test has written into; the databases are emptied after each test."""
    settings.ERASURE_LEDGER = str(tmp_path / "ledger" / "erasures.jsonl")
    path = {"path": str(tmp_path / "keys" / "keyring.json")}
    settings.PROVIDERS = settings.PROVIDERS | {"keys": {"class": "tests.faults.test_failures.FailingKeyring", "options": path}}
    secrets.forget_all_but([])
    forget_providers()
    forget_epochs()  # A page test's last visit may be written after its databases were emptied.
    yield
    secrets.forget_all_but([])
    forget_providers()


def arrive(phone: str = "12900001718") -> tuple[files.Sheet, Journey]:
    sheet = files.open_sheet(keep=Keep.QUOTE)
    with transaction.atomic():
        return sheet, Journey.objects.create(buyer=sheet.id, name="林月", phone=phone)


def disclosures(subject: UUID) -> int:
    return Entry.objects.filter(action=actions.OPENED.name, subject=subject).count()


def broken_off(fault: str, act: Act, *, every: int = 1) -> Iterator[Any]:
    """Play the act with the n-th use failing, for `every` n; yields the error each time, and ends when a run has come through."""
    for turn in range(1, 90, every):
        countdown = Countdown(turn)
        with ExitStack() as stack:
            stack.enter_context(FAULTS[fault](countdown))
            outcome = _outcome(act)
        if not countdown.has_failed:
            assert not isinstance(outcome, Exception), "the last run meets no fault"
            return
        yield outcome
    raise AssertionError("ninety uses and no end")


def _outcome(act: Act) -> Any:
    try:
        return act()
    except (Unavailable, OperationalError) as error:
        return error


def settled() -> dict[str, list[str]]:
    """What does not hold after a start, every decision and every sweep."""
    recovering.catch_up()
    epochs.destroy_ended()
    erasing.finish_pending(older_than=timedelta(0))
    for erasure in Erasure.objects.all():
        erasing.clear_rows(erasure_id=erasure.pk)
    tidying.sweep_stray_marks(older_than=timedelta(0))
    erasing.sweep_unused(older_than=timedelta(0))
    return invariants.violations(but={"the_journal_verifies"})


@pytest.mark.parametrize("fault", ["vault", "record", "journal", "keys"])
def test_nothing_is_opened_when_something_is_out_of_reach(fault: str) -> None:
    sheet, journey = arrive()
    times = 0

    def look() -> str:
        return gate.reveal_one(Journey.objects.get(pk=journey.pk), "phone", purpose=SERVE, actor=MEI).phone

    for outcome in broken_off(fault, look):
        times += 1
        assert isinstance(outcome, Exception), f"{outcome} was opened though the {fault} was away"
        if fault != "record":
            assert disclosures(sheet.subject_id) == 0, "nothing was opened, so nothing is told to have been"
    assert times >= 1


@pytest.mark.parametrize("fault", ["vault", "record", "keys"])
def test_a_broken_sign_up_is_none(fault: str) -> None:
    arrive("12900000000")
    arrived = 0
    for outcome in broken_off(fault, lambda: arrive(f"1291{Journey.objects.count():07d}")):
        arrived += isinstance(outcome, tuple)
        assert Journey.objects.count() in {arrived + 1, arrived + 2}
        assert isinstance(outcome, tuple) or Journey.objects.count() == arrived + 1
        assert settled() == {}


@pytest.mark.parametrize("fault", ["vault", "record"])
def test_a_broken_change_of_number_leaves_the_old_one(fault: str) -> None:
    _sheet, journey = arrive()

    def change() -> None:
        mine = Journey.objects.get(pk=journey.pk)
        mine.phone = "12911112222"
        mine.save(update_fields=["phone"])

    for outcome in broken_off(fault, change):
        phone = gate.reveal_one(Journey.objects.get(pk=journey.pk), "phone", purpose=SERVE, actor=MEI).phone
        assert phone == ("+8612900001718" if outcome else "+8612911112222")
        assert set(gate.find(Journey, purpose=SERVE, actor=MEI, phone=phone).values_list("pk", flat=True)) == {journey.pk}
        assert settled() == {}


@pytest.mark.parametrize("fault", ["vault", "record"])
def test_a_broken_erasure_is_not_decided_or_is_finished(fault: str, sample: Callable[[int, int], int]) -> None:
    person: list[files.Sheet] = []

    def leave() -> None:
        erasing.erase(subject=person[0].subject_id, actor=Actor.person(id=uuid4(), subject=person[0].subject_id), because="asked")

    person[:] = [arrive("12900000000")[0]]
    for outcome in broken_off(fault, leave, every=sample(2, 1)):
        journey = Journey.objects.get(buyer=person[0].id)
        is_decided = Erasure.objects.filter(subject=person[0].subject_id).exists()
        assert is_decided or isinstance(outcome, Exception), "who is not told of a failure is erased"
        assert _is_closed(journey) == is_decided, "the gate goes by the decision from its first moment"
        assert settled() == {}
        assert _is_closed(journey) == is_decided
        person[:] = [arrive(f"1290{Journey.objects.count():07d}")[0]]


@pytest.mark.parametrize("fault", ["vault", "keys"])
def test_a_broken_turn_of_the_epoch_is_taken_up_by_the_next(fault: str, sample: Callable[[int, int], int]) -> None:
    _sheet, journey = arrive()

    def turn() -> None:
        epochs.mark_backup_verified(turning.rotate())
        turning.end_old()

    for _outcome in broken_off(fault, turn, every=sample(4, 1)):
        assert gate.reveal_one(Journey.objects.get(pk=journey.pk), "phone", purpose=SERVE, actor=MEI).phone == "+8612900001718"
        turn()
        assert settled() == {}


def _is_closed(journey: Journey) -> bool:
    try:
        gate.reveal_one(Journey.objects.get(pk=journey.pk), "name", purpose=SERVE, actor=MEI)
    except gate.Gone:
        return True
    return False
