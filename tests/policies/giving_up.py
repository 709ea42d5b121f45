"""Somebody who gives a policy up, and the staff who look at it."""

from dataclasses import dataclass
from uuid import UUID

from besttrav.insurers.models import Exchange, Kind
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.payments import ledger
from besttrav.payments.accounts import Account
from besttrav.payments.models import Payment, Scene
from besttrav.policies.models import Policy, Surrender, SurrenderReason
from besttrav.policies.operations import deciding, surrendering
from besttrav.privacy.invariants import violations
from besttrav.sales.models import Order
from tests.insurance import Later
from tests.portal.orders import a_while_passes
from tests.sales.shop import PHONE, Shop

CHECKER = Actor.staff(id=UUID("11111111-1111-7111-8111-111111111111"), number="0417", roles=frozenset({"service"}))
SECOND = Actor.staff(id=UUID("44444444-4444-7444-8444-444444444444"), number="0418", roles=frozenset({"finance"}))
CASE = "TK-2026-0042"
DAY = 86_400


@dataclass
class GivingUp:
    """A policy in a shop, and everything around it."""

    shop: Shop
    later: Later
    order: Order
    policy: Policy
    payment: Payment

    @property
    def actor(self) -> Actor:
        return Actor.person(id=self.order.id, subject=self.order.subject)

    def shown(self, reason: SurrenderReason = SurrenderReason.BEFORE_START) -> surrendering.Worth:
        return surrendering.worth(policy=self.policy, payment=self.payment, reason=reason)

    def code(self, times: int = 1) -> tuple[UUID, str]:
        """A fresh code to the policyholder's phone."""
        a_while_passes(self.shop, PHONE)
        self.shop.world.carrier.set_clock(self.shop.cashiers["wechat"].ahead + 120 * times)
        challenge = surrendering.request_code(policy=self.policy, visitor=self.shop.visitor, actor=Actor.visitor())
        self.shop.world.deliver()
        return challenge.id, self.shop.world.carrier.code(PHONE)

    def asked(
        self, reason: SurrenderReason = SurrenderReason.BEFORE_START, *, seal: str = "", code: tuple[UUID, str] | None = None
    ) -> Surrender:
        challenge, digits = code or self.code()
        return surrendering.ask(
            policy=self.policy,
            payment=self.payment,
            reason=reason,
            seal=seal or self.shown(reason).seal,
            challenge_id=challenge,
            code=digits,
            visitor=self.shop.visitor,
            actor=self.actor,
        )

    def accepted(self, surrender: Surrender) -> Surrender:
        deciding.accept(surrender=surrender, seen=deciding.needed(surrender), case=CASE, actor=CHECKER)
        return surrender

    def begin_cover(self, days: int = 0) -> None:
        """The first day of cover comes, or one so many days after it."""
        self.shop.move_clocks(self.later, (self.policy.first_day - clock.today()).days * DAY + days * DAY)

    def follow(self, surrender: Surrender, *, rounds: int = 30) -> Surrender:
        """Jobs, notices and the clock, until nothing is under way."""
        self.shop.work()
        for _ in range(rounds):
            surrender.refresh_from_db()
            if surrender.state not in ("at_insurer", "cancelled"):
                break
            self.shop.let_pass(self.later, 70)
        self.policy.refresh_from_db()
        self.payment.refresh_from_db()
        return surrender

    @property
    def cancellations(self) -> list[Exchange]:
        return list(Exchange.objects.filter(contract=self.policy.contract, kind=Kind.CANCEL).order_by("version"))

    def paid_back(self) -> list[int]:
        """What the channel says went back."""
        books = self.shop.cashiers[self.payment.channel].books()
        return [row["fen"] for row in books["refunds"] if row["status"] == "SUCCESS"]

    def told(self, what: str) -> int:
        return sum(what in text for text in self.shop.world.carrier.texts(PHONE))

    def in_account(self, account: Account) -> int:
        return -ledger.balance(account, payment=self.payment).fen


def bought(shop: Shop, later: Later, slug: str = "outbound", scene: Scene = Scene.NATIVE) -> GivingUp:
    """An order that became a policy a moment ago."""
    wishes = {"outbound": {}, "schengen": {"plan": "standard", "destinations": ("FR",)}}
    order = shop.ordered(slug, **wishes[slug])  # type: ignore[arg-type]  # what a test wishes
    payment = shop.paid(order, scene)
    shop.work()
    for _ in range(6):
        if Policy.objects.exists():
            break
        shop.let_pass(later, 70)
    order.refresh_from_db()
    payment.refresh_from_db()
    return GivingUp(shop, later, order, Policy.objects.get(), payment)


def assert_whole() -> None:
    """Every invariant holds, but for the journal's own proof: the test's transaction hides its entries from it."""
    assert violations(but=["the_journal_verifies"]) == {}
