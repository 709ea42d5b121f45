"""5.1: kept only as long as the purpose needs or the law says."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils.html import escape
from django.utils.translation import override
from procrastinate.contrib.django import app

from besttrav.kernel import clock
from besttrav.people.models import StaffMember
from besttrav.people.operations import accounts, staff
from besttrav.people.policy import shown_policy
from besttrav.privacy import erasing, files, gate, queries
from besttrav.privacy.artefacts import published_fields
from besttrav.privacy.keeping import STARTS, Keep
from besttrav.privacy.purposes import OWN_ACCESS, SIGN_IN
from besttrav.privacy.vault.models import Clock, Sheet, SheetKey, SheetState
from tests.conftest import StoppedClock
from tests.world import BUYER, World


@pytest.mark.parametrize("keep", Keep)
def test_each_class_has_a_clock_a_period_and_a_legal_source(keep: Keep) -> None:
    assert keep.rules.starts
    assert keep.rules.source
    assert keep.ends_on(date(2026, 2, 28)) > date(2026, 2, 28)


def test_a_leap_day_counts_to_the_last_day_of_february() -> None:
    assert Keep.CONTRACT.ends_on(date(2028, 2, 29)) == date(2033, 2, 28)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_schedule_on_the_page_is_that_of_the_declarations(client: Client, language: str) -> None:
    client.cookies["language"] = language
    page = client.get("/privacy/").content.decode()
    section = page.partition('id="clause-5.1"')[2].partition('id="clause-5.2"')[0]

    with override(language):
        rows = [
            [escape(text) for text in (keep.label, keep.period, str(STARTS[keep.rules.starts]), keep.source)]
            for keep in {field.keep for field in published_fields()}
        ]
    assert [row for row in rows if "".join(f"<td>{cell}</td>\n" for cell in row) not in section] == []
    assert section.count("<tr>") == 1 + len(rows)


@pytest.mark.parametrize("job", ["privacy.sweep", "privacy.sweep_unused", "privacy.turn_epoch"])
def test_what_ends_files_and_epochs_runs_by_the_clock(job: str) -> None:
    from besttrav import schedule  # noqa: F401  # importing it is what the worker does to learn the periodic jobs

    assert job in {name for name, _id in app.periodic_registry.periodic_tasks}


@pytest.mark.parametrize("keep", [keep for keep in Keep if keep.starts_at_creation])
def test_what_counts_from_its_creation_has_its_clock_running_from_the_first_moment(keep: Keep) -> None:
    sheet = files.open_sheet(keep=keep)
    assert Clock.objects.get(file_id=sheet.file_id).ends_on == keep.ends_on(clock.today())


def test_the_file_of_staff_counts_from_the_day_they_leave(world: World) -> None:
    agent: StaffMember = world.service_agent.member
    sheet = files.sheet_of(agent.holder)
    assert sheet is not None
    assert not Clock.objects.filter(file_id=sheet.file_id).exists()

    staff.leave(staff=agent, actor=world.administrator.actor)
    assert Clock.objects.get(file_id=sheet.file_id).ends_on == Keep.STAFF.ends_on(clock.today())


def test_the_former_account_of_a_number_that_changed_hands_ends_with_its_clock(
    world: World, stopped_clock: StoppedClock, drain: Callable[[], int]
) -> None:
    former = world.buyer
    stopped_clock.advance(timedelta(days=91))
    world.carrier.set_clock(91 * 86400)
    newcomer = world.customer(BUYER)
    fresh = accounts.start_afresh(session=newcomer.session, visitor=newcomer.visitor, agreed_to=shown_policy("zh-hans"))
    assert fresh.session.account is not None
    last_day = Keep.ACCOUNT.ends_on(clock.today()) - timedelta(days=1)

    stopped_clock.advance(last_day - clock.today())
    sweep(drain)
    assert gate.reveal_one(former.account, "phone", purpose=SIGN_IN, actor=accounts.KEEPER).phone == BUYER

    stopped_clock.advance(timedelta(days=1))
    sweep(drain)
    with pytest.raises(gate.Gone):
        gate.reveal_one(former.account, "phone", purpose=SIGN_IN, actor=accounts.KEEPER)
    assert not SheetKey.objects.filter(sheet=former.account.holder).exists()
    assert gate.reveal_one(fresh.session.account, "phone", purpose=SIGN_IN, actor=accounts.KEEPER).phone == BUYER


def test_closing_the_account_erases_it_and_locks_the_log_until_its_day(world: World, drain: Callable[[], int]) -> None:
    buyer = world.buyer
    log = buyer.session.log
    accounts.close(account=buyer.account, session=buyer.session, visitor=buyer.visitor, actor=buyer.actor)
    drain()

    assert Sheet.objects.get(pk=buyer.account.holder).state == SheetState.SHREDDED
    assert not SheetKey.objects.filter(sheet=buyer.account.holder).exists()
    with pytest.raises(gate.Gone):
        gate.reveal_one(buyer.account, "phone", purpose=OWN_ACCESS, actor=buyer.actor)
    assert Sheet.objects.get(pk=log).state == SheetState.RESTRICTED
    (certificate,) = queries.erasures_of(buyer.account.subject)
    assert certificate.done_at is not None
    assert certificate.everywhere_on is not None
    assert {item.keep for item in certificate.items.filter(outcome=erasing.RESTRICT, until__gt=clock.today() + timedelta(days=180))} == {
        "LOG"
    }


def sweep(drain: Callable[[], int]) -> None:
    while erasing.sweep():
        pass
    drain()
