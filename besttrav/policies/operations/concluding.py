"""From an insurer's yes to a policy with its papers."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from besttrav.insurers import operations as insurers
from besttrav.insurers.models import Exchange, Kind
from besttrav.journal.operations import record
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.crash import crashpoint
from besttrav.kernel.money import Money
from besttrav.kernel.statements import insert, row_of, rows_of
from besttrav.policies import actions, verification
from besttrav.policies.limits import DOCUMENT_WITHIN
from besttrav.policies.models import Party, Policy, PolicyTransaction, TransactionKind
from besttrav.privacy import files
from besttrav.privacy.keeping import Keep

LONGER_THAN_A_YEAR = 366


@dataclass(frozen=True, slots=True)
class Sold:
    """What was sold: random ids, codes, days and amounts."""

    contract: UUID
    file: UUID
    subject: UUID
    insurer: str
    version: UUID
    plan: str
    area: str
    first_day: date
    last_day: date
    premium: Money

    @property
    def keep(self) -> Keep:
        """Its retention class: contracts of more than a year are kept longer (article 87 of the Insurance Law)."""
        return Keep.LONG_CONTRACT if (self.last_day - self.first_day).days + 1 > LONGER_THAN_A_YEAR else Keep.CONTRACT


def conclude(*, sold: Sold, exchange: Exchange, actor: Actor) -> Policy:
    """The insurer issued: write the policy and its first transaction, and ask for the e-policy. Needs the caller's transaction.

    Safe to call twice: the policy there is comes back. The vault is told first: a crash leaves a file that is kept too long for an hour,
    and never one that is forgotten with the quotes.
    """
    known = row_of(Policy, contract=sold.contract)
    if known:
        return known
    files.become(sold.file, sold.keep, sold.last_day)
    crashpoint("policies.file_became_contract")
    check = verification.mint()
    policy = Policy(
        contract=sold.contract,
        subject=sold.subject,
        file=sold.file,
        insurer=sold.insurer,
        number=exchange.policy_number,
        version_id=sold.version,
        plan=sold.plan,
        area=sold.area,
        first_day=sold.first_day,
        last_day=sold.last_day,
        premium_fen=sold.premium.fen,
        secret=check.secret,
        code=check.code,
        issued_at=clock.now(),
    )
    issue = PolicyTransaction(
        policy=policy, number=1, kind=TransactionKind.ISSUE, premium_fen=sold.premium.fen, exchange=exchange.id, at=policy.issued_at
    )
    insert(policy)
    insert(issue)
    record(actions.ISSUED, about=policy, actor=actor, subject=sold.subject, fen=sold.premium.fen, insurer=sold.insurer)
    insurers.plan(
        kind=Kind.DOCUMENT,
        contract=sold.contract,
        version=exchange.version,
        insurer=sold.insurer,
        actor=actor,
        deadline=policy.issued_at + timedelta(hours=DOCUMENT_WITHIN.hours),
        submission=exchange,
    )
    return policy


def people_of(contract: UUID) -> list[Party]:
    """Everybody in a contract, in the order they were typed."""
    return rows_of(Party, contract=contract, order_by="position")
