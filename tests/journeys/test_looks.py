"""Every page of an account and of the staff, and what an error looks like, in every mode and at both widths. With

    BESTTRAV_SCREENS=1 make soak ARGS=tests/journeys/test_looks.py

there are pictures of them all in var/screens/ for somebody to look at. The shop, applications and orders are looked at in their stories.
"""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page

from besttrav.books import operations as books
from besttrav.books.models import RoundingName, Run, RunKind
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.money import Money
from besttrav.payments.models import ChannelName, Difference
from besttrav.people import totp
from besttrav.people.cookies import CUSTOMER_COOKIE, STAFF_COOKIE
from besttrav.people.models import Account, Session, StaffMember
from besttrav.people.operations import granting, searching, staff
from besttrav.people.operations.staff import app_secret
from besttrav.people.permissions import Role
from besttrav.privacy import marks
from tests.books.conftest import SECOND, Said, entered, file_of, ruled, taken
from tests.browser import examine
from tests.payments.conftest import CLERK
from tests.world import BUYER, PASSWORD, STRANGER, World

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True, databases=["default", "vault"])]

Look = Callable[..., None]


@pytest.fixture
def look(page: Page, site: str) -> Look:
    """Open an address, or stay, and look at what is there."""

    def looked(name: str, address: str = "") -> None:
        if address:
            page.goto(site + address)
        examine(page, name)

    return looked


def come_in(page: Page, site: str, cookie: str, token: str) -> None:
    page.context.clear_cookies()
    page.context.add_cookies([{"name": cookie, "value": token, "url": site}])


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name).first.click()


def test_the_way_into_an_account(page: Page, site: str, look: Look, world: World) -> None:
    phone = STRANGER.removeprefix("+86")
    look("disclosure", "/disclosure/")
    page.goto(f"{site}/sign-in/")
    page.get_by_label("手机号").fill("123")
    press(page, "发送验证码")
    look("sign-in-refused")
    page.goto(f"{site}/sign-in/")
    look("sign-in")
    page.get_by_label("手机号").fill(phone)
    press(page, "发送验证码")
    look("sign-in-code")
    page.get_by_label("验证码").fill("000000")
    press(page, "继续")
    page.get_by_role("alert").first.wait_for()
    world.deliver()
    page.get_by_label("验证码").fill(world.carrier.code(phone))
    press(page, "继续")
    page.wait_for_url("**/account/")
    look("sign-up")
    look("closed", "/closed/")


def test_the_pages_of_an_account(page: Page, site: str, look: Look, world: World) -> None:
    buyer = world.buyer
    searching.remember(account=buyer.account, words="申根 父母")
    come_in(page, site, CUSTOMER_COOKIE, buyer.token)
    for name in ("profile", "profile/phone", "travellers", "policies", "sessions", "privacy/looks", "privacy/searches"):
        look(f"my-{name.replace('/', '-')}", f"/my/{name}/")
    page.goto(f"{site}/my/privacy/")
    page.get_by_role("main").locator("form[action*='/values/'] button").first.click()
    look("my-privacy-opened")
    Session.objects.update(proved_at=clock.now() - timedelta(minutes=6))
    look("my-proof", "/my/account/closing/")
    press(page, "发送验证码")
    look("my-proof-code")


def test_the_number_that_may_be_somebody_elses(page: Page, site: str, look: Look, world: World) -> None:
    assert world.buyer
    Account.objects.update(last_seen_at=clock.now() - timedelta(days=91))
    world.carrier.forget()
    marks.forget("code_sent", BUYER)  # The next code need not wait.
    come_in(page, site, CUSTOMER_COOKIE, world.customer(BUYER).token)
    look("my-number", "/my/number/")


def test_the_way_in_for_staff(page: Page, site: str, look: Look) -> None:
    member, invitation = staff.invite(number="S2001", name="方小满", actor=Actor.job("tests"))
    look("staff-enrolment", "/staff/enrolment/")
    page.get_by_label("工号").fill("S2001")
    page.get_by_label("邀请码").fill(invitation)
    for label in page.get_by_label("口令").all():
        label.fill(PASSWORD)
    press(page, "继续")
    page.wait_for_url("**/app/")
    look("staff-app")
    page.get_by_label("动态码").fill(_code(member))
    page.get_by_role("main").get_by_role("button").last.click()
    page.wait_for_url("**/staff/")
    look("staff-home-new")
    look("staff-agreement", "/staff/agreement/")
    look("error-403", "/staff/journal/")
    page.context.clear_cookies()
    look("staff-sign-in", "/staff/sign-in/")
    page.get_by_label("工号").fill("S2001")
    page.get_by_label("口令").fill(PASSWORD)
    press(page, "继续")
    look("staff-second-factor")


def test_the_pages_of_staff(page: Page, site: str, look: Look, world: World) -> None:
    administrator, subject = world.colleague("S2002", "苏听雪", *Role), world.buyer.account.subject
    granting.ask_for_role(staff=world.service_agent.member, role=Role.CLAIMS, actor=administrator.actor)
    staff.ask_reset(staff=world.service_agent.member, actor=administrator.actor)
    come_in(page, site, STAFF_COOKIE, administrator.token)
    for name in ("", "orders/", "people/", "closed-numbers/", "team/", "journal/", "permissions/"):
        look(f"staff-{name.strip('/') or 'home'}", f"/staff/{name}")
    look("staff-person", f"/staff/people/{subject}/")
    Session.objects.update(proved_at=clock.now() - timedelta(minutes=6))
    look("staff-proof", f"/staff/proof/?next=/staff/people/{subject}/")


def test_the_pages_of_finance(page: Page, site: str, look: Look, world: World) -> None:
    """With something on each: a rule to be confirmed, a run paid and a run proposed, a statement that differs in every way."""
    ruled(2_500)
    ruled(3_000, product="outbound", insurer="songhe")
    books.propose_rule(
        insurer="yunhang", product="", partner="", points=1_950, rounding=RoundingName.DOWN, actor=CLERK,
        first_day=date(2026, 1, 1), last_day=date(2026, 12, 31),
    )  # fmt: skip
    policies = [entered(fen) for fen in (12_800, 36_600, 1_280_000)]
    entered(5_000, insurer="songhe")
    entered(9_900, insurer="yunhang", number="YH2026000000001")
    for kind in (RunKind.PREMIUM, RunKind.COMMISSION):
        run = books.propose_run(kind=kind, insurer="heyan", until=clock.today(), actor=CLERK)
        books.agree(run=run, is_right=True, actor=SECOND)
    books.pay(run=run, reference="BANK-2026-0042", actor=CLERK)
    books.propose_payout(channel=ChannelName.WECHAT, amount=Money(1_234_567), until=clock.today(), actor=CLERK)
    first, second, _missing = policies
    lines = [Said(first.number, premium="128.01", commission="32.00"), Said(second.number, premium="366.00", commission="91.49")]
    statement = taken(file_of([*lines, lines[0], Said("HA2026999999999")]))
    clerk = world.finance_clerk
    come_in(page, site, STAFF_COOKIE, clerk.token)
    for name in ("", "statements/", "runs/", "rules/", "accounts/commission_receivable/"):
        look(f"finance-{name.strip('/').replace('/', '-') or 'home'}", f"/staff/finance/{name}")
    look("finance-statement", f"/staff/finance/statements/{statement.id}/")
    for one in Run.objects.all():
        look(f"finance-run-{one.kind}", f"/staff/finance/runs/{one.number}/")
    look("finance-difference", f"/staff/differences/{Difference.objects.latest('found_at').id}/")
    look("finance-staff-home", "/staff/")
    page.goto(f"{site}/staff/finance/statements/")
    press(page, "与本方账目核对")
    look("finance-statements-refused")


def test_a_form_that_has_expired(page: Page, site: str, look: Look) -> None:
    page.goto(f"{site}/sign-in/")
    page.get_by_label("手机号").fill(STRANGER.removeprefix("+86"))
    page.context.clear_cookies()
    press(page, "发送验证码")
    look("error-csrf")


def _code(member: StaffMember) -> str:
    member.refresh_from_db()
    return totp.code_at(app_secret(member), clock.now())
