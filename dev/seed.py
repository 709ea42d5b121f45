"""The demo world: invented people and staff who can sign in, and what is needed to try everything in two minutes. Safe to run again.

Numbers begin with 12, which no operator was ever given, and names are made up. Log-ins are written to `demo.txt` in the state folder.
"""

import os
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from besttrav.people.models import Challenge
    from besttrav.people.visitors import Visitor

PASSWORD = "four quiet lanterns"  # noqa: S105 - of invented staff, told to everybody

CUSTOMERS = {"12900001001": "周晚舟", "12900001002": "陆知夏"}
STAFF = {
    "S1001": ("季晚亭", "service"),
    "S1002": ("骆行舟", "claims"),
    "S1003": ("沈听澜", "privacy"),
    "S1004": ("严见山", "audit"),
    "S1005": ("冷知秋", "admin"),
    "S1006": ("温听雨", "admin"),
    "S1007": ("苏沐言", "supervisor"),
    "S1008": ("方知微", "finance"),
    "S1009": ("谢临川", "finance"),
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "besttrav.settings")
    django.setup()
    _fill_shelf()
    _open_customers()
    _open_staff()
    _agree_on_commission()
    _write_log_ins()


def _fill_shelf() -> None:
    """The products of the folder `products/`, published as they are."""
    from django.core.management import call_command

    call_command("catalogue", "load")


def _open_customers() -> None:
    from besttrav.kernel.actors import Actor
    from besttrav.people.models import Account
    from besttrav.people.operations import accounts, sessions
    from besttrav.people.policy import shown_policy
    from besttrav.people.visitors import Visitor, new_token
    from besttrav.privacy.gate import find
    from besttrav.privacy.purposes import SIGN_IN

    for phone in CUSTOMERS:
        if not find(Account, phone=phone, purpose=SIGN_IN, actor=Actor.job("dev.seed")).exists():
            visitor = Visitor(browser=new_token(), device="", network="192.0.2.10", agent="Firefox/140 Linux", language="zh-hans")
            challenge = _proved(phone, visitor)
            signed_in = accounts.register(challenge=challenge, visitor=visitor, agreed_to=shown_policy("zh-hans"))
            sessions.end(session=signed_in.session, actor=Actor.job("dev.seed"), why="seeded")


def _proved(phone: str, visitor: "Visitor") -> "Challenge":
    """The people of the demo world hold their numbers: a challenge is opened as answered, and no message leaves."""
    from datetime import timedelta

    from besttrav.kernel import clock
    from besttrav.people.models import Challenge, CodePurpose
    from besttrav.people.operations import codes
    from besttrav.privacy import files
    from besttrav.privacy.keeping import Keep

    now = clock.now()
    challenge = Challenge(
        holder=files.open_sheet(keep=Keep.CODE).id,
        phone=phone,
        purpose=CodePurpose.SIGN_IN,
        browser_sha256=visitor.browser_sha256,
        expires_at=now + timedelta(minutes=5),
        proved_at=now,
    )
    challenge.code_digest = codes.proof_of(challenge)
    challenge.save()
    return challenge


def _open_staff() -> None:
    from besttrav.kernel import clock
    from besttrav.kernel.actors import Actor
    from besttrav.people import totp
    from besttrav.people.models import StaffMember
    from besttrav.people.operations import granting, sessions, staff
    from besttrav.people.permissions import Role
    from besttrav.people.visitors import Visitor, new_token

    visitor = Visitor(browser=new_token(), device="", network="192.0.2.20", agent="Firefox/140 Linux", language="zh-hans")
    for number, (name, role) in STAFF.items():
        if StaffMember.objects.filter(number=number).exists():
            continue
        member, invitation = staff.invite(number=number, name=name, actor=Actor.job("dev.seed"))
        pending = staff.enrol(number=number, invitation=invitation, password=PASSWORD, visitor=visitor)
        member.refresh_from_db()
        code = totp.code_at(staff.app_secret(member), clock.now())
        entered = staff.confirm_app(session=pending.session, code=code, visitor=visitor)
        member.refresh_from_db()
        oneself = Actor.staff(id=member.id, number=number, roles=frozenset())
        granting.sign_agreement(staff=member, actor=oneself)
        granting.found(staff=member, role=Role(role))
        sessions.end(session=entered.session, actor=oneself, why="seeded")


COMMISSION = {"heyan": 2_500, "songhe": 3_000, "yunhang": 2_000}  # basis points, as the simulated insurers state them


def _agree_on_commission() -> None:
    """Two clerks have agreed with every insurer on what it pays this year and the next."""
    from besttrav.books import operations as books
    from besttrav.books.models import RoundingName, Rule
    from besttrav.kernel import clock
    from besttrav.kernel.actors import Actor
    from besttrav.people.models import StaffMember

    today, members = clock.today(), {member.number: member for member in StaffMember.objects.filter(number__in=("S1008", "S1009"))}
    maker, checker = (Actor.staff(id=members[number].id, number=number, roles=frozenset({"finance"})) for number in ("S1008", "S1009"))
    for insurer, points in COMMISSION.items():
        if not Rule.objects.filter(insurer=insurer).exists():
            days = {"first_day": today.replace(month=1, day=1), "last_day": today.replace(year=today.year + 1, month=12, day=31)}
            rule = books.propose_rule(
                insurer=insurer, product="", partner="", points=points, rounding=RoundingName.HALF_UP, actor=maker, **days
            )  # fmt: skip
            books.confirm_rule(rule=rule, is_right=True, actor=checker)


def _write_log_ins() -> None:
    from django.conf import settings

    lines = ["Demo log-ins (all invented)", "", "Customers, at /sign-in/ with a code from the simulated text messages:"]
    lines += [f"  {phone}" for phone in CUSTOMERS]
    lines += ["  or any number that begins with 12: it opens a new account", "", f'Staff, at /staff/ with the password "{PASSWORD}":']
    lines += [f"  {number}  {role}" for number, (_name, role) in STAFF.items()]
    lines += ["  the sign-in page of a demonstration tells the current code of the second factor"]
    path = settings.STATE / "demo.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
