"""What whoever issues invoices must do behind the port, run for each adapter against its simulator, over real HTTP."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings as SettingsWrapper

from besttrav.invoices.models import Kind, number_of
from besttrav.invoices.port import Absent, Declined, Document, Invoicing, Issue, Issued, Outcome, Reverse, Unknown, Waiting
from besttrav.kernel.money import Money
from besttrav.kernel.registry import provider
from besttrav.providers.invoicing.hmac_json import mapping
from tests.invoicing import SELLERS, InvoicingSimulator


@pytest.fixture(params=["heyan"])  # One entry for each adapter: those of one class differ in their account only.
def seller(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def adapter(invoicing: InvoicingSimulator, seller: str) -> Invoicing:
    return provider(f"invoicing:{seller}")  # type: ignore[return-value]  # settings name one


def issue(**changes: Any) -> Issue:
    plain = {"policy_number": "PX0001", "amount": Money(24_050), "title": "栖迟科技有限公司", "tax_number": "91190000MA00000001"}
    return Issue(**{"number": number_of(Kind.BLUE, uuid4(), 1), **plain, **changes})


def reverse(command: Issue, issued: Outcome, **changes: Any) -> Reverse:
    assert isinstance(issued, Issued)
    plain = {"blue": command.number, "official_number": issued.official_number, "amount": command.amount}
    return Reverse(**{"number": number_of(Kind.RED, uuid4(), 2), **plain, **changes})


def test_what_was_asked_for_is_issued_once_and_told_back_whole(adapter: Invoicing, invoicing: InvoicingSimulator) -> None:
    command = issue(email="ling@qichi.example")
    first, second = adapter.perform(command), adapter.perform(command)

    assert isinstance(first, Issued)
    assert (first.amount, first.title, first.tax_number, first.reverses) == (command.amount, command.title, command.tax_number, "")
    assert first.official_number
    assert first == second == adapter.ask(command.number)
    assert len(invoicing.invoices()) == 1


def test_a_person_needs_no_number(adapter: Invoicing) -> None:
    told = adapter.perform(issue(title="林知远", tax_number=""))
    assert isinstance(told, Issued)
    assert told.tax_number == ""


def test_a_red_one_takes_the_blue_one_back_once(adapter: Invoicing, invoicing: InvoicingSimulator) -> None:
    blue = issue()
    issued = adapter.perform(blue)
    red = reverse(blue, issued)
    told = adapter.perform(red)

    assert isinstance(issued, Issued)
    assert isinstance(told, Issued)
    assert (told.amount, told.reverses, told.title) == (blue.amount, issued.official_number, blue.title)
    assert adapter.perform(red) == told
    assert isinstance(adapter.perform(reverse(blue, issued)), Declined)
    assert invoicing.invoiced() == 0


@pytest.mark.parametrize("wrong", [{"amount": Money(1)}, {"official_number": "26990000000000099999"}, {"blue": "B" + "A" * 26 + "001"}])
def test_a_red_one_that_fits_no_blue_one_is_declined(adapter: Invoicing, wrong: dict[str, Any]) -> None:
    blue = issue()
    assert isinstance(adapter.perform(reverse(blue, adapter.perform(blue), **wrong)), Declined)


def test_the_same_number_for_something_else_changes_nothing(adapter: Invoicing) -> None:
    command = issue()
    adapter.perform(command)
    assert adapter.perform(replace(command, amount=Money(1))) == Unknown("number_used_before")
    told = adapter.ask(command.number)
    assert isinstance(told, Issued)
    assert told.amount == command.amount


def test_a_number_nobody_sent_is_absent(adapter: Invoicing) -> None:
    number = issue().number
    assert adapter.ask(number) == Absent()
    assert adapter.fetch(number) == Absent()


@pytest.mark.parametrize("wrong", [{"title": ""}, {"tax_number": "no"}, {"amount": Money(0)}])
def test_what_cannot_be_invoiced_is_declined_for_its_reason(adapter: Invoicing, wrong: dict[str, Any]) -> None:
    command = issue(**wrong)
    told = adapter.perform(command)
    assert isinstance(told, Declined)
    assert told.code.startswith("inv-")
    assert adapter.ask(command.number) == told


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "truncated", "status", "unsigned", "wrong_signature"])
def test_what_was_not_answered_in_signed_words_is_unknown_and_asking_tells(
    adapter: Invoicing, invoicing: InvoicingSimulator, fault: str
) -> None:
    invoicing.misbehave({"fault": fault})
    command = issue()
    assert adapter.perform(command) == Unknown("no_answer")
    arrived = fault not in {"drop_before", "status"}
    assert isinstance(adapter.ask(command.number), Issued if arrived else Absent)


def test_a_platform_that_cannot_be_reached_has_received_nothing(adapter: Invoicing, settings: SettingsWrapper) -> None:
    settings.OUTGOING_ALLOWED = []
    assert adapter.perform(issue()) == Unknown("no_answer", surely_unsent=True)


def test_a_stale_call_and_one_signed_with_another_secret_are_refused(
    adapter: Invoicing, invoicing: InvoicingSimulator, seller: str
) -> None:
    others = "songhe" if seller == "heyan" else "heyan"
    options = invoicing.options(seller) | {"code": seller, "secret": str(invoicing.folder / f"{others}.secret")}
    assert type(adapter)(**options).perform(issue()) == Unknown("no_answer")
    invoicing.set_clock(6 * 60)
    assert adapter.perform(issue()) == Unknown("no_answer")
    assert invoicing.invoices() == []


def test_the_paper_comes_once_it_is_made(adapter: Invoicing, invoicing: InvoicingSimulator) -> None:
    command = issue()
    adapter.perform(command)
    invoicing.misbehave({"fault": "not_ready", "action": "document"}, {"fault": "unsigned", "action": "document"})
    assert adapter.fetch(command.number) == Unknown("no_answer")
    invoicing.misbehave({"fault": "not_ready", "action": "document"})
    assert adapter.fetch(command.number) == Waiting()
    paper = adapter.fetch(command.number)
    assert isinstance(paper, Document)
    assert paper.content.startswith(b"%PDF")


def test_one_sellers_numbers_are_nothing_to_another(adapter: Invoicing, seller: str) -> None:
    command = issue()
    adapter.perform(command)
    other = provider(f"invoicing:{next(one for one in SELLERS if one != seller)}")
    assert other.ask(command.number) == Absent()  # type: ignore[attr-defined]  # an adapter


def test_nothing_prints_whose_invoice_it_is(adapter: Invoicing) -> None:
    command = issue(email="ling@qichi.example")
    printed = f"{command!r} {adapter.perform(command)!r} {adapter.fetch(command.number)!r}"
    assert not any(secret in printed for secret in (command.title, command.tax_number, command.email, "%PDF"))


GOOD = {"status": "ISSUED", "kind": "BLUE", "invoiceNo": "1", "amount": 1, "buyerName": "n", "buyerTaxNo": "", "originalInvoiceNo": ""}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.pop("invoiceNo"),
        lambda data: data.update(amount="1"),
        lambda data: data.update(amount=True),
        lambda data: data.update(amount=-1),
        lambda data: data.update(kind="RED"),
        lambda data: data.update(status="?"),
        lambda data: data.update(buyerName="n" * 501),
        lambda data: data.clear(),
    ],
)
def test_what_cannot_be_read_is_no_invoice(spoil: Callable[[dict[str, Any]], object]) -> None:
    data = dict(GOOD)
    assert isinstance(read(data), Issued)
    spoil(data)
    assert read(data) is None


def read(data: dict[str, Any]) -> Outcome | None:
    try:
        return mapping.outcome({"code": "0000", "data": data})
    except ValueError:
        return None
