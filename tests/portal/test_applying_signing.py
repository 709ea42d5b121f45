"""The end of an application: check the answers, prove the phone, sign; and what comes of it."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from besttrav.journal.models import Entry
from besttrav.kernel import clock
from besttrav.kernel.identity import Sex
from besttrav.sales import evidence
from besttrav.sales.models import ApplicationState, Decision, Order
from tests import invented
from tests.catalogue.shelf import stock
from tests.portal.applicant import PHONE, Applicant, fields, told, wrongs
from tests.portal.conftest import browser_of as browser_of
from tests.world import World

DRAWING = " ".join(f"{'L' if step else 'M'}{100 + step * 20} {100 + step % 3 * 30}" for step in range(20))


@pytest.fixture(autouse=True)
def _a_full_shelf(world: World) -> None:
    stock()


@pytest.fixture
def applicant(client: Client) -> Applicant:
    return Applicant(client).consenting()


def ask_for_code(world: World, applicant: Applicant) -> dict[str, Any]:
    """The code and the challenge, as the page that follows carries it."""
    response = applicant.client.post(f"{applicant.address}phone/")
    assert response.status_code == 303
    world.deliver()
    values = fields(applicant.client.get(response["Location"])).values
    return {"challenge": values["challenge"], "code": world.carrier.code(PHONE)}


def sign(applicant: Applicant, **values: Any) -> Any:
    return applicant.send("confirmation", {"name": "林知远", "true": "on", **values})


# --- The page ---


def test_everything_is_shown_once_more_with_the_way_to_change_it(applicant: Applicant) -> None:
    page = told(applicant.page("confirmation"))
    offer = applicant.offer

    for words in ("林知远", "苏晚晴", "LIN ZHIYUAN", "1988-03-07", "配偶", "法定继承人", "lin@example.org", "日本", "已阅读并确认"):
        assert words in page, words
    for step in ("trip", "people"):
        assert f'href="{applicant.address}{step}/"' in page
    assert page.count('class="exclude check-card"') == 1
    important = sorted(offer.exclusions, key=lambda one: not one.is_important)[:5]
    assert all(str(one.title) in page for one in important)
    for kind in ("customer-notice", "application-notice", "exclusions", "clauses"):
        assert f'href="{applicant.address}papers/{kind}/"' in page
    amounts = [
        int(one.replace(".", ""))
        for one in re.findall(r'<td class="r num">([\d.]+)</td>', page.partition('class="table sums big"')[2].partition("<tfoot>")[0])
    ]
    assert sum(amounts) == 8000
    assert not fields(applicant.page("confirmation")).ticked


# --- The phone ---


def test_an_order_is_written_once_the_phone_is_proved_and_the_name_typed(world: World, applicant: Applicant) -> None:
    response = sign(applicant, **ask_for_code(world, applicant))

    order = Order.objects.get(application=applicant.application)
    assert (response.status_code, response["Location"]) == (303, f"/orders/{order.number}/payment/")
    assert order.premium_fen == 8000
    assert order.account is None
    steps = evidence.told(applicant.application)
    assert evidence.broken_at(steps) is None
    assert [step.action for step in steps][-3:] == ["phone_proved", "signed", "ordered"]
    for step in ("", "people/", "confirmation/", "outcome/", "leaving/"):
        assert applicant.client.get(f"{applicant.address}{step}")["Location"] == response["Location"], step
    again = applicant.client.post(f"{applicant.address}confirmation/", {"name": "林知远", "true": "on"})
    assert again["Location"] == response["Location"]
    assert Order.objects.count() == 1


def test_a_drawn_signature_does_as_well(world: World, applicant: Applicant) -> None:
    response = sign(applicant, name="", drawing=DRAWING, **ask_for_code(world, applicant))
    assert response["Location"].startswith("/orders/")


def test_a_wrong_code_is_told_beside_its_field_and_the_signature_stays(world: World, applicant: Applicant) -> None:
    known = ask_for_code(world, applicant)
    response = sign(applicant, drawing=DRAWING, **{**known, "code": "000000" if known["code"] != "000000" else "111111"})
    assert response.status_code == 422
    assert 'id="id_code_error"' in told(response)
    assert fields(response).values["drawing"] == [DRAWING]
    assert fields(response).values["challenge"] == known["challenge"]
    assert not Order.objects.exists()


def test_a_code_that_was_right_is_not_asked_for_again_when_the_name_was_not(world: World, applicant: Applicant) -> None:
    response = sign(applicant, **ask_for_code(world, applicant) | {"name": "苏晚晴"})
    assert response.status_code == 422
    assert 'id="id_name_error"' in told(response)
    assert "code" not in fields(response).names
    assert sign(applicant)["Location"].startswith("/orders/")


def test_without_asking_for_a_code_the_page_says_where_to_ask(applicant: Applicant) -> None:
    response = sign(applicant, code="123456")
    assert response.status_code == 422
    assert any("请先获取验证码" in line for line in wrongs(response))


def test_a_second_code_at_once_is_refused_with_the_reason(world: World, applicant: Applicant) -> None:
    known = ask_for_code(world, applicant)
    response = applicant.client.post(f"{applicant.address}phone/", {"challenge": known["challenge"]})
    assert response.status_code == 422
    assert fields(response).values["challenge"] == known["challenge"], "the code that is on its way can still be entered"
    assert 'role="alert"' in told(response)


def test_the_number_of_the_account_needs_no_code(world: World, browser_of: Any) -> None:
    applicant = Applicant(browser_of(world.buyer)).consenting()
    page = applicant.page("confirmation")
    assert "code" not in fields(page).names
    assert f"{applicant.address}phone/" not in told(page)
    assert sign(applicant)["Location"].startswith("/orders/")
    assert Order.objects.get(application=applicant.application).account == world.buyer.account


# --- The signature ---


@pytest.mark.parametrize(
    "values",
    [
        {"name": ""},
        {"name": "x" * 5000},
        {"name": "🙂"},
        {"name": "<script>alert(1)</script>"},
        {"name": "", "drawing": "M1 1"},
        {"name": "", "drawing": "<svg onload=alert(1)>"},
        {"name": "", "drawing": "M10 10 " * 20_000},
        {"name": "", "drawing": "\0"},
        {"true": None},
        {"code": "12345"},
        {"code": "<b>"},
        {"challenge": "x"},
        {"challenge": "' OR 1=1 --"},
    ],
    ids=lambda values: next(iter(values)) + ascii(str(next(iter(values.values()))))[:12],
)
def test_whatever_is_signed_with_is_answered(world: World, applicant: Applicant, values: dict[str, Any]) -> None:
    known = ask_for_code(world, applicant)
    response = sign(applicant, **{**known, **values})
    assert response.status_code == 422
    assert "<script>alert" not in response.content.decode()
    assert "<svg onload" not in response.content.decode()
    assert wrongs(response) != ["422"]
    assert not Order.objects.exists()


# --- What comes of it ---


def test_who_cannot_be_insured_learns_why_at_once_what_would_change_it_and_what_else_would_do(client: Client) -> None:
    applicant = Applicant(client, "group-tour", people=3).tripped()
    old = {"p2-number": invented.id_number(date(clock.today().year - 78, 1, 1), Sex.FEMALE), "p2-relation": "parent"}
    response = applicant.send("people", {**applicant.everybody(), **old})
    assert response["Location"] == f"{applicant.address}outcome/"
    page = told(client.get(response["Location"]))

    assert "周岁" in page.partition('class="why-says"')[2][:200]
    assert "怎样可以投保" in page
    assert "依据" in page
    assert f'href="{applicant.address}people/"' in page
    assert 'href="tel:' in page
    alternatives = re.findall(r'class="ticket ticket-side">.*?href="(/products/[^"]+)"', page)
    assert alternatives
    shown = told(client.get(alternatives[0].replace("&amp;", "&")))
    assert 'id="insure"' in shown, "the alternative can be had"
    assert not Decision.objects.exists(), "nothing is decided before somebody signs"


def test_a_decision_is_explained_and_a_human_is_one_press_away(world: World, client: Client) -> None:
    applicant = answering(world, client, "disability")
    response = sign(applicant)
    assert response["Location"] == f"{applicant.address}outcome/"
    assert applicant.application.state == ApplicationState.DECLINED

    page = told(client.get(response["Location"]))
    assert "不能投保" in page
    assert "这是规则作出的决定" in page
    assert "请人工复核" in page
    assert "保险法" in page or "Insurance Law" in page
    asked = client.post(f"{applicant.address}outcome/")
    assert asked["Location"] == f"{applicant.address}outcome/#human"
    assert Decision.objects.get().person_asked_at is not None
    assert "已提出" in told(client.get(f"{applicant.address}outcome/"))
    assert applicant.page("people").status_code == 200, "and what was filled in can be changed"


def test_what_is_referred_waits_for_the_insurer(world: World, client: Client) -> None:
    applicant = answering(world, client, "serious_illness")
    response = sign(applicant)
    page = told(client.get(response["Location"]))
    assert applicant.application.state == ApplicationState.REFERRED
    assert "需要保险公司人工审核" in page
    assert f'href="{applicant.address}people/"' not in page
    assert applicant.page("people")["Location"] == f"{applicant.address}outcome/"


@pytest.mark.parametrize("question", ["serious_illness", "disability"])
def test_that_an_answer_about_health_decided_stands_nowhere_in_the_clear(world: World, client: Client, question: str) -> None:
    sign(answering(world, client, question))
    decision = Decision.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(sales_decision)::text FROM sales_decision")
        row = cursor.fetchone()[0]
    written = row + str(list(Entry.objects.values_list("action", "facts")))
    assert str(decision.pk) in row
    assert "sales.decided" in written
    assert question not in written
    assert "health_" not in written


def test_what_an_answer_adds_to_the_premium_is_shown_before_anybody_signs(world: World, client: Client) -> None:
    applicant = answering(world, client, "risky_hobby")
    page = told(applicant.page("confirmation"))
    assert "一项健康告知使保费提高" in page
    total = page.partition("<tfoot>")[2].partition("</tfoot>")[0]
    whole, fen = re.search(r"</small>([\d,]+)<span class=\"dec\">\.(\d\d)", total).groups()  # type: ignore[union-attr]  # the page has a total
    response = sign(applicant)
    assert response["Location"].startswith("/orders/")
    assert Order.objects.get().premium_fen == int(whole.replace(",", "") + fen)


def test_an_outcome_that_is_none_leads_on(client: Client) -> None:
    applicant = Applicant(client).tripped()
    assert client.get(f"{applicant.address}outcome/")["Location"] == f"{applicant.address}people/"


def test_a_trip_that_is_not_taken_is_told_on_its_page(client: Client) -> None:
    applicant = Applicant(client).entered()
    today = clock.today()
    for changed, field in (
        ({"destinations": "朝鲜"}, "destinations"),
        ({"destinations": ""}, "destinations"),
        ({"destinations": "火星"}, "destinations"),
        ({"end": (applicant.first_day - timedelta(days=1)).isoformat()}, "end"),
        ({"end": ""}, "end"),
        ({"start": today.isoformat(), "end": today.isoformat()}, "start"),
        ({"plan": "none"}, "plan"),
    ):
        response = applicant.send("trip", {**applicant.trip(), **changed})
        assert response.status_code == 422, changed
        assert f'id="id_{field}_error"' in told(response), changed


def answering(world: World, client: Client, yes: str) -> Applicant:
    """At the last step, with one question answered with yes and the phone proved."""
    applicant = Applicant(client, "annual-accident").with_people()
    names = [name for name in fields(applicant.page("health")).names if name.startswith("a-")]
    answers = {
        name: "yes" if name.endswith(f"-{yes}") and name == min(one for one in names if one.endswith(f"-{yes}")) else "no" for name in names
    }
    assert applicant.send("health", answers | {"agrees": "on"}).status_code == 303
    for name in ("customer-notice", "application-notice", "exclusions", "clauses"):
        client.post(f"{applicant.address}papers/{name}/", fields(applicant.page(f"papers/{name}"), "end").values)
    names = list(fields(applicant.page("consents")).names - {"csrfmiddlewaretoken", "K10"})
    assert applicant.send("consents", dict.fromkeys(names, "on")).status_code == 303
    wrong = sign(applicant, **ask_for_code(world, applicant) | {"name": "苏晚晴"})
    assert wrong.status_code == 422
    return applicant


def test_a_page_that_shows_what_has_changed_since_is_shown_again_and_signs_nothing(world: World, applicant: Applicant) -> None:
    known = ask_for_code(world, applicant)
    shown = applicant.form("confirmation")
    assert applicant.send("trip", {"destinations": "法国"}).status_code == 303
    applicant.agree()  # in another tab, to the end
    sent = {**shown, **known, "name": "林知远", "true": "on"}
    again = applicant.client.post(f"{applicant.address}confirmation/", sent)
    assert again.status_code == 422
    page = told(again)
    assert "您阅读期间" in page
    assert "法国" in page
    assert not Order.objects.exists()
    fresh = {**fields(again).values, "name": "林知远", "true": "on"}
    assert applicant.client.post(f"{applicant.address}confirmation/", fresh)["Location"].startswith("/orders/")
