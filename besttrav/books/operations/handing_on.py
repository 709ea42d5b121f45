"""Settlement runs: what is owed up to a day, gathered by one person, agreed by another, paid at the bank, and posted then."""

from datetime import date
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from besttrav.books import actions
from besttrav.books.models import LIVING, Entry, Finding, Run, RunKind, RunState
from besttrav.journal.operations import move, record
from besttrav.kernel import clock, references
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal
from besttrav.kernel.money import ZERO, Money
from besttrav.payments import ledger
from besttrav.payments.accounts import Account
from besttrav.payments.models import ChannelName, DifferenceState, What
from besttrav.payments.operations import second_person, staff

PREFIX = "SR"


class NothingToSettle(Refusal):
    code = "nothing_to_settle"
    message = _("There is nothing to settle up to this day.")
    way_out = _("What an insurer states otherwise is left out until the difference is settled.")


class RunUnderWay(Refusal):
    """One at a time, so that nobody pays what another run holds."""

    code = "run_under_way"
    message = _("A run of this kind is under way already.")
    way_out = _("Have it paid or withdrawn first.")


class RunMoved(Refusal):
    code = "run_moved"
    message = _("This run has moved on in the meantime.")
    way_out = _("Reload the page to see where it stands now.")


def propose_run(*, kind: RunKind, insurer: str, until: date, actor: Actor) -> Run:
    """Gather everything of an insurer up to a day that is in no run yet. Raises RunUnderWay and NothingToSettle.

    Left out is what an insurer states otherwise, until the difference is settled, and commission that no rule knows.
    """
    if kind is RunKind.PAYOUT:
        raise ValueError("a payout comes from a channel")
    with transaction.atomic():
        run = _begun(kind, insurer, until, staff(actor))
        left = Entry.objects.filter(~Exists(_disputed(kind)), insurer=insurer, day__lte=until)
        if kind is RunKind.PREMIUM:
            taken = left.filter(premium_run__isnull=True).update(premium_run=run)
        else:
            taken = left.filter(commission_run__isnull=True, rule__isnull=False).update(commission_run=run)
        if not taken:
            raise NothingToSettle
        run.fen = total_of(run)
        run.save(update_fields=["fen"])
        record(actions.RUN_PROPOSED, about=run, actor=actor, kind=kind.value, party=insurer, until=until, fen=run.fen)
    return run


def propose_payout(*, channel: ChannelName, amount: Money, until: date, actor: Actor) -> Run:
    """Say what a channel paid into our premium account, up to a day, as the bank's statement tells it. Raises RunUnderWay."""
    if amount <= ZERO:
        raise NothingToSettle
    with transaction.atomic():
        run = _begun(RunKind.PAYOUT, channel.value, until, staff(actor))
        run.fen = amount.fen
        run.save(update_fields=["fen"])
        record(actions.RUN_PROPOSED, about=run, actor=actor, kind=run.kind, party=run.party, until=until, fen=run.fen)
    return run


def agree(*, run: Run, is_right: bool, actor: Actor) -> None:
    """A second person agrees, or it is withdrawn and its entries wait for the next one. Also an agreed run that the bank did not take."""
    with transaction.atomic():
        run.refresh_from_db(from_queryset=Run.objects.select_for_update())
        if run.state not in LIVING or (is_right and run.state != RunState.PROPOSED):
            raise RunMoved
        if is_right:
            move(run, RunState.AGREED, actor=actor, because="second_person", agreed_by=second_person(run.proposed_by, actor))
            return
        run.premiums.update(premium_run=None)
        run.commissions.update(commission_run=None)
        move(run, RunState.WITHDRAWN, actor=actor, because="withdrawn")


def pay(*, run: Run, reference: str, actor: Actor) -> None:
    """The bank did it, under this reference: the one posting of the run. Raises RunMoved unless two people agreed."""
    with transaction.atomic():
        run.refresh_from_db(from_queryset=Run.objects.select_for_update())
        if run.state != RunState.AGREED:
            raise RunMoved
        debit, credit = _accounts(run)
        if run.amount < ZERO:
            debit, credit = credit, debit
        if run.amount:
            ledger.post(run.key, debit=debit, credit=credit, amount=abs(run.amount))
        paid_by, paid_at = staff(actor), clock.now()
        move(run, RunState.PAID, actor=actor, because="bank", reference=reference, paid_by=paid_by, paid_at=paid_at)


def _disputed(kind: RunKind) -> QuerySet[Finding]:
    """What an insurer states otherwise about an entry and nobody has settled. A premium does not wait for a quarrel over commission."""
    found = Finding.objects.filter(entry=OuterRef("pk")).exclude(difference__state=DifferenceState.SETTLED)
    return found.exclude(difference__what=What.COMMISSION_DIFFERS) if kind is RunKind.PREMIUM else found


def total_of(run: Run) -> int:
    """What the entries of a run add up to, in fen."""
    if run.kind == RunKind.PREMIUM:
        return run.premiums.aggregate(fen=Sum("premium_fen"))["fen"] or 0
    return run.commissions.aggregate(fen=Sum("commission_fen"))["fen"] or 0


def _begun(kind: RunKind, party: str, until: date, by: UUID) -> Run:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"books.runs:{kind.value}:{party}"])
    if Run.objects.filter(kind=kind, party=party, state__in=LIVING).exists():
        raise RunUnderWay
    return Run.objects.create(number=references.mint(PREFIX), kind=kind, party=party, until=until, fen=0, proposed_by=by)


def _accounts(run: Run) -> tuple[Account, Account]:
    match run.kind:
        case RunKind.PREMIUM:
            return Account.INSURER_PAYABLE, Account.BANK
        case RunKind.COMMISSION:
            return Account.COMMISSION_BANK, Account.COMMISSION_RECEIVABLE
        case _:
            return Account.BANK, Account.clearing(run.party)
