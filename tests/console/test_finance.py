"""Finance: every figure leads to what it is made of, and money moves only after two people."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from besttrav.books.models import Run, Statement
from besttrav.journal.models import Entry as JournalEntry
from besttrav.kernel import clock
from besttrav.payments.models import Difference
from tests.books.conftest import Said, entered, file_of, ruled, taken
from tests.console.test_console import signed_in
from tests.insurance import Later
from tests.sales.shop import Shop
from tests.world import World


def get(client: Client, path: str = "") -> str:
    answer = client.get(f"/staff/finance/{path}")
    assert answer.status_code == 200, path
    return str(answer.content.decode())


def post(client: Client, path: str, **form: Any) -> Any:
    return client.post(f"/staff/finance/{path}", form)


def upload(client: Client, content: bytes, **changes: str) -> Any:
    today = str(clock.today())
    form = {"insurer": "heyan", "first_day": today, "last_day": today} | changes
    return client.post("/staff/finance/statements/intake/", form | {"file": SimpleUploadedFile("heyan.csv", content)})


def test_a_figure_leads_to_its_entries_and_from_there_to_the_order(
    shop: Shop, later: Later, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ruled(2_500)
    order = shop.ordered()
    shop.paid(order)
    shop.let_it_end(later, order)
    client = signed_in(shop.world.finance_clerk)
    page = get(client)
    for words in ("/staff/finance/accounts/insurer_payable/", str(order.premium), "账平", "没有差异"):
        assert words in page, words
    assert f"/staff/orders/{order.number}/" in get(client, "accounts/insurer_payable/")
    assert client.get("/staff/finance/accounts/elsewhere/").status_code == 404

    for count in (1, 5):
        for place in range(count):
            taken(file_of([Said(f"HA20269{count}{place:07}")]))
        with django_assert_num_queries(10):
            page = get(client)
    assert page.count("保险公司对账单中有一行") == 6
    with django_assert_num_queries(7):
        get(client, "accounts/insurer_payable/")


def test_only_finance_and_supervisors_see_the_books(world: World) -> None:
    for colleague in (world.service_agent, world.auditor):
        client = signed_in(colleague)
        assert [client.get(f"/staff/finance/{path}").status_code for path in ("", "runs/", "rules/", "statements/", "accounts/bank/")] == [
            403
        ] * 5
        assert post(client, "runs/proposals/").status_code == 403
    assert "/staff/finance/" not in signed_in(world.service_agent).get("/staff/").content.decode()


def test_a_statement_is_taken_in_by_a_page_that_names_the_line(world: World) -> None:
    client = signed_in(world.finance_clerk)
    number = entered().number
    broken = upload(client, file_of([Said(number, premium="12345x", commission="0")]))
    assert broken.status_code == 422
    assert "第 2 行" in broken.content.decode()
    assert upload(client, b"").status_code == 422
    assert upload(client, file_of([Said(number)]), last_day="2020-01-01").status_code == 422
    assert not Statement.objects.exists()

    done = upload(client, file_of([Said(number)]))
    page = client.get(done["Location"]).content.decode()
    assert "¥123.45" in page
    assert "30.86" in page  # No rule yet: the insurer says what it pays, and our books say nothing.
    again = upload(client, file_of([Said(number)]))
    assert again.status_code == 422
    difference = Difference.objects.get()
    page = client.get(f"/staff/differences/{difference.id}/").content.decode()
    assert number in page
    assert "第 2 行" in page


def test_a_run_is_gathered_by_one_agreed_by_another_and_paid(world: World, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for fen in (10_000, 20_000, 30_000):
        entered(fen)
    maker, checker = signed_in(world.finance_clerk), signed_in(world.second_finance_clerk)
    wanted = {"kind": "premium", "insurer": "heyan", "until": str(clock.today())}
    assert post(maker, "runs/proposals/", **wanted | {"until": "2999-01-01"}).status_code == 422
    assert post(maker, "runs/proposals/", **wanted).status_code == 302
    run = Run.objects.get()
    with django_assert_num_queries(8):
        page = get(maker, f"runs/{run.number}/")
    assert "¥600.00" in page
    assert post(maker, "runs/proposals/", **wanted).status_code == 422
    assert post(maker, f"runs/{run.number}/agreement/", is_right="1").status_code == 422
    assert post(checker, f"runs/{run.number}/agreement/", is_right="1").status_code == 302
    assert post(maker, f"runs/{run.number}/payment/", reference="").status_code == 422
    assert post(maker, f"runs/{run.number}/payment/", reference="BANK-2026-0042").status_code == 302
    assert "BANK-2026-0042" in get(maker, f"runs/{run.number}/")
    assert run.number in get(maker, "accounts/insurer_payable/")

    file = maker.get(f"/staff/finance/runs/{run.number}/export/")
    assert file["Content-Disposition"] == f'attachment; filename="{run.number}.csv"'
    assert file.content.decode("utf-8-sig").count("100.00") == 1
    assert "captured" not in maker.get("/staff/finance/accounts/bank/export/").content.decode()
    assert JournalEntry.objects.filter(action="books.exported").count() == 2


def test_what_a_channel_paid_out_is_told_and_a_rule_takes_two(world: World) -> None:
    maker, checker = signed_in(world.finance_clerk), signed_in(world.second_finance_clerk)
    assert post(maker, "runs/payouts/", channel="wechat", amount="12.345", until=str(clock.today())).status_code == 422
    assert post(maker, "runs/payouts/", channel="wechat", amount="12.34", until=str(clock.today())).status_code == 302
    assert Run.objects.get().fen == 1_234

    wanted = {
        "insurer": "heyan",
        "product": "",
        "first_day": "2026-01-01",
        "last_day": "2026-12-31",
        "percent": "22.50",
        "rounding": "half_up",
    }
    for wrong in (
        {"percent": "100.01"},
        {"percent": "22.505"},
        {"last_day": "2025-12-31"},
        {"insurer": "elsewhere"},
        {"product": "elsewhere"},
    ):
        assert post(maker, "rules/proposals/", **wanted | wrong).status_code == 422, wrong
    assert post(maker, "rules/proposals/", **wanted).status_code == 302
    confirm = get(maker, "rules/").split('action="/staff/finance/')[1].split('"')[0]
    assert post(maker, confirm, is_right="1").status_code == 422
    assert post(checker, confirm, is_right="1").status_code == 302
    overlapping = post(maker, "rules/proposals/", **wanted | {"first_day": "2026-12-31", "last_day": "2027-12-31"})
    assert overlapping.status_code == 422
    assert "2026-01-01" in overlapping.content.decode()
