"""A policy that stands, whoever holds it, and the passing of time, without the purchase that led there."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any, cast
from uuid import UUID, uuid4

from django.db import transaction
from stdnum.cn import uscc

from besttrav.catalogue import queries as catalogue
from besttrav.invoices import invariants, operations
from besttrav.invoices.models import RUNNING, InNameOf, Invoice
from besttrav.invoices.operations import Wish
from besttrav.journal.operations import move
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.money import Money
from besttrav.policies import verification
from besttrav.policies.models import Party, Policy, PolicyState, PolicyTransaction, TransactionKind
from besttrav.policies.operations import people
from besttrav.policies.operations.people import Person
from besttrav.privacy import consents, files
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.consents import ShownText
from besttrav.privacy.keeping import Keep
from tests.catalogue.shelf import stock
from tests.conftest import StoppedClock
from tests.invoicing import InvoicingSimulator
from tests.jobs import run_due_jobs

BUYER = Actor.visitor()
TAX_NUMBER = "91190000MA0000000" + str(uscc.calc_check_digit("91190000MA0000000"))  # of a region that no province has
COMPANY = Wish(in_name_of=InNameOf.ORGANISATION, title="栖迟科技有限公司", tax_number=TAX_NUMBER, email="ling@qichi.example")
PREMIUM = Money(24_050)


@dataclass
class Office:
    """One policy over 240.50 yuan, and the platform that issues its invoices."""

    invoicing: InvoicingSimulator
    clock: StoppedClock
    insurer: str = "heyan"
    holder: dict[str, Any] = field(default_factory=dict)
    passed: float = 0

    @cached_property
    def policy(self) -> Policy:
        stock()
        contract, file = uuid4(), uuid4()
        offer = catalogue.current("outbound", clock.today())
        assert offer
        plain: dict[str, Any] = {"name": "林知远", "identity_kind": "passport", "identity_number": "EA7000001", "is_holder": True}
        (holder,) = people.write(contract=contract, file=file, people=[Person(**plain | {"is_insured": True} | self.holder)])
        first = clock.today() + timedelta(days=10)
        files.become(file, Keep.CONTRACT, first + timedelta(days=7))
        check = verification.mint()
        policy = Policy.objects.create(
            contract=contract,
            subject=files.subjects_of([holder.person])[holder.person],
            file=file,
            insurer=self.insurer,
            number=f"PX{contract.hex[:12].upper()}",
            version_id=offer.version.id,
            plan=offer.plans[0].code,
            first_day=first,
            last_day=first + timedelta(days=7),
            premium_fen=PREMIUM.fen,
            secret=check.secret,
            code=check.code,
        )
        self.agree(TransactionKind.ISSUE, PREMIUM, policy)
        self.consent(policy.subject)
        return policy

    @property
    def party(self) -> Party:
        return cast(Party, Party.objects.get(contract=self.policy.contract, is_holder=True))

    def consent(self, subject: UUID) -> None:
        """As they did in the application: their data may go to this insurer."""
        text = ShownText(version="2026-12", sha256="0" * 64)
        consents.give(subject=subject, code=Consent.K05, text=text, page="consents", way="tick", actor=BUYER, detail=self.insurer)

    def agree(self, kind: TransactionKind, premium: Money, policy: Policy | None = None) -> None:
        """One more transaction of the policy; what it gives back counts below nothing."""
        policy = policy or self.policy
        PolicyTransaction.objects.create(policy=policy, number=policy.transactions.count() + 1, kind=kind, premium_fen=premium.fen)

    def surrender(self, gives_back: Money = PREMIUM) -> None:
        """The policy is surrendered, as the room that does so writes it down."""
        with transaction.atomic():
            self.agree(TransactionKind.CANCEL, -gives_back)
            move(self.policy, PolicyState.CANCELLED, actor=BUYER, because="trip_cancelled")

    def ask(self, wish: Wish | None = None) -> Invoice:
        return operations.request(policy=self.policy, wish=wish or Wish(), actor=BUYER)

    def work(self) -> None:
        run_due_jobs()

    def later(self, seconds: float) -> None:
        """Time passes for us and for the platform; the clock looks at what is due, and every job runs."""
        self.passed += seconds
        self.clock.advance(timedelta(seconds=seconds))
        self.invoicing.set_clock(self.passed)
        operations.recover()
        self.work()

    def let_it_end(self) -> None:
        """Until nothing is under way any more, for a day at most."""
        self.work()
        for seconds in [70] * 6 + [900] * 20:
            if not Invoice.objects.filter(state__in=RUNNING).exists():
                return
            self.later(seconds)

    def states(self) -> list[tuple[str, str, int]]:
        """Every invoice there ever was: colour, state and fen."""
        return list(Invoice.objects.order_by("created_at", "serial").values_list("kind", "state", "amount_fen"))


def broken() -> dict[str, list[str]]:
    """What does not hold of invoices, by invariant: the policy here has no sale behind it, which other rooms would miss."""
    checks = [check for check in vars(invariants).values() if getattr(check, "__module__", "") == invariants.__name__]
    found = {check.__name__: list(check()) for check in checks if not check.__name__.startswith("_")}
    return {name: lines for name, lines in found.items() if lines}
