"""An invoice from the wish to the paper, whatever goes wrong on the way: it is issued once, and says what was asked for."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings as SettingsWrapper

from besttrav.invoices import operations, queries
from besttrav.invoices.limits import REQUEST
from besttrav.invoices.models import Invoice, InvoicePaper, InvoiceRequest, InvoiceState, Kind
from besttrav.invoices.operations import Wish
from besttrav.journal.operations import MoveRefused
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal
from besttrav.kernel.money import Money
from besttrav.kernel.organisations import CreditCodeRefused
from besttrav.kernel.pdf import text_of
from besttrav.kernel.registry import forget_providers
from besttrav.policies.models import TransactionKind
from besttrav.privacy import consents, erasing
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.gate import NotYours
from besttrav.privacy.models import Sharing
from besttrav.privacy.vault.models import Sheet
from tests.invoices.office import BUYER, COMPANY, PREMIUM, TAX_NUMBER, Office, broken
from tests.invoicing import InvoicingSimulator

OK, WHOLE = InvoiceState.OK.value, PREMIUM.fen
CLERK = Actor.job("tests")


def holder_of(office: Office) -> Actor:
    return Actor.person(id=office.policy.id, subject=office.policy.subject)


def paper_of(office: Office, invoice: Invoice) -> str:
    invoice.refresh_from_db()
    return text_of(operations.hand_over(invoice=invoice, actor=holder_of(office)))


# Issued


def test_the_policyholder_asks_and_holds_an_invoice_in_the_name_of_the_contract(office: Office) -> None:
    invoice = office.ask()
    office.work()

    assert office.states() == [("blue", OK, WHOLE)]
    assert "林知远" in paper_of(office, invoice)
    (shared,) = Sharing.objects.all()
    assert (shared.subject, shared.recipient, shared.recipient_name, shared.about) == (
        office.policy.subject,
        "insurer",
        "heyan",
        invoice.id,
    )
    assert shared.fields == ["policies.party.name"]  # Neither a document's number nor an address leaves for it.
    assert InvoiceRequest.objects.get().__dict__["title"] is None  # The name stands in the contract, and is not kept twice.
    assert broken() == {}


def test_an_organisation_has_its_name_and_tax_number_on_it_and_the_issuer_has_the_address(office: Office) -> None:
    invoice = office.ask(COMPANY)
    office.work()

    text = paper_of(office, invoice)
    assert COMPANY.title in text
    assert TAX_NUMBER in text
    assert "林知远" not in text
    (shared,) = Sharing.objects.all()
    assert shared.fields == [f"invoices.invoicerequest.{name}" for name in ("email", "tax_number", "title")]
    assert office.invoicing.invoices()[0]["has_email"]
    assert broken() == {}


def test_an_organisation_that_holds_the_policy_is_named_with_the_number_of_its_contract(
    invoicing: InvoicingSimulator, office: Office
) -> None:
    office.holder = {
        "name": COMPANY.title,
        "identity_kind": "credit_code",
        "identity_number": TAX_NUMBER,
        "is_organisation": True,
        "is_insured": False,
    }
    invoice = office.ask()
    office.work()

    assert TAX_NUMBER in paper_of(office, invoice)


def test_the_paper_is_whose_it_is_and_the_stranger_is_refused(office: Office) -> None:
    invoice = office.ask()
    with pytest.raises(operations.NoInvoiceYet):
        operations.hand_over(invoice=invoice, actor=holder_of(office))
    office.work()
    invoice.refresh_from_db()
    with pytest.raises(NotYours):
        operations.hand_over(invoice=invoice, actor=Actor.person(id=invoice.id, subject=invoice.id))


def test_it_is_kept_by_a_clock_of_its_own_that_runs_from_the_issue(office: Office) -> None:
    office.invoicing.misbehave({"fault": "not_ready", "action": "document", "times": 3})
    invoice = office.ask()
    office.work()
    office.later(2 * 86_400)
    office.let_it_end()

    invoice.refresh_from_db()
    assert invoice.state == OK
    file = Sheet.objects.get(pk=invoice.request.buyer).file
    assert file.keep == "INVOICE"
    assert file.pk != office.policy.file
    assert [one.started_on for one in file.clocks.all()] == [clock.today()]


# Refused


def refused(office: Office, wish: Wish | None = None) -> str:
    with pytest.raises(Refusal) as refusal:
        office.ask(wish)
    return refusal.value.code


def test_a_premium_is_invoiced_once(office: Office) -> None:
    office.ask()
    assert refused(office) == "already_requested"
    office.work()
    assert refused(office, COMPANY) == "already_requested"
    assert office.invoicing.invoiced() == WHOLE


def test_of_two_who_ask_at_once_the_second_waits_for_the_first(office: Office) -> None:
    policy = office.policy
    with CaptureQueriesContext(connection) as seen:
        operations.request(policy=policy, wish=Wish(), actor=BUYER)
    held, written = (
        next(place for place, query in enumerate(seen.captured_queries) if all(word in query["sql"] for word in words))
        for words in (("policies_policy", "FOR UPDATE"), ("INSERT INTO", "invoices_invoicerequest"))
    )
    assert held < written


def test_what_was_surrendered_or_cost_nothing_is_not_invoiced(office: Office) -> None:
    office.agree(TransactionKind.ENDORSE, -PREMIUM)
    assert refused(office) == "nothing_to_invoice"
    office.surrender(gives_back=PREMIUM)
    assert refused(office) == "policy_surrendered"
    assert not InvoiceRequest.objects.exists()


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (replace(COMPANY, title="  "), "name_missing"),
        (replace(COMPANY, tax_number=TAX_NUMBER[:-1] + "?"), CreditCodeRefused.code),
        (replace(COMPANY, tax_number=""), CreditCodeRefused.code),
    ],
)
def test_an_organisation_needs_a_name_and_a_right_number(office: Office, wish: Wish, code: str) -> None:
    assert refused(office, wish) == code
    assert not InvoiceRequest.objects.exists()


def test_an_insurer_may_issue_to_the_policyholder_only_or_not_through_us(office: Office, settings: SettingsWrapper) -> None:
    entry = settings.PROVIDERS["invoicing:heyan"]
    settings.PROVIDERS = settings.PROVIDERS | {"invoicing:heyan": entry | {"options": entry["options"] | {"any_title": False}}}
    forget_providers()
    assert refused(office, COMPANY) == "holder_only"
    settings.PROVIDERS = {name: entry for name, entry in settings.PROVIDERS.items() if name != "invoicing:heyan"}
    assert refused(office) == "not_issued_here"


def test_the_issuer_may_refuse_and_whoever_asks_anew_asks_under_a_new_number(office: Office) -> None:
    office.invoicing.misbehave({"fault": "decline"})
    first = office.ask(COMPANY)
    office.work()
    first.refresh_from_db()
    assert (first.state, first.reason) == ("rejected", "inv-scripted")
    office.invoicing.misbehave({"fault": "decline", "times": 9})
    for _ in range(REQUEST.a_day - 1):
        office.ask()
        office.work()
    assert refused(office) == "too_many_requests"

    office.invoicing.misbehave()
    office.later(86_400)
    second = office.ask()
    office.work()
    second.refresh_from_db()
    assert second.state == OK
    assert second.number != first.number
    assert office.invoicing.invoiced() == WHOLE


# What may leave


def test_nothing_leaves_once_the_consent_to_this_insurer_was_withdrawn(office: Office) -> None:
    office.ask()
    consents.withdraw(
        subject=office.policy.subject, code=Consent.K05, page="privacy", way="tap", actor=holder_of(office), detail=office.insurer
    )
    office.let_it_end()
    assert office.states() == [("blue", "given_up", WHOLE)]
    assert office.invoicing.invoices() == []
    assert not Sharing.objects.exists()
    assert broken() == {}
    assert refused(office) == "not_permitted"
    assert InvoiceRequest.objects.count() == 1


def test_whoever_has_themselves_forgotten_before_the_paper_comes_leaves_no_paper_and_no_job_that_fails(office: Office) -> None:
    office.invoicing.misbehave({"fault": "not_ready", "action": "document"})
    office.ask()
    office.work()
    erasing.erase(subject=office.policy.subject, actor=holder_of(office), because="asked")
    erasing.finish_pending(older_than=timedelta(0))
    office.let_it_end()
    invoice = Invoice.objects.get()
    assert (invoice.state, invoice.reason, invoice.has_paper) == (OK, "forgotten", False)
    assert broken() == {}


def test_nothing_that_is_sent_or_answered_prints_whose_it_is(office: Office) -> None:
    invoice = office.ask(COMPANY)
    operations.work(invoice=invoice)
    command = operations._command(invoice)
    answer = queries.issuer("heyan").ask(invoice.number)  # type: ignore[union-attr]  # settings name it
    printed = f"{COMPANY!r} {command!r} {answer!r} {operations._asked_for(invoice)!r}"
    assert not any(secret in printed for secret in (COMPANY.title, TAX_NUMBER, COMPANY.email))


# What nobody can know


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_what_was_not_answered_is_asked_about_and_issued_once(office: Office, fault: str) -> None:
    office.invoicing.misbehave({"fault": fault})
    office.ask()
    office.work()
    assert office.states() == [("blue", "unknown", WHOLE)]
    office.let_it_end()
    assert office.states() == [("blue", OK, WHOLE)]
    assert [one["state"] for one in office.invoicing.invoices()] == ["issued"]
    assert broken() == {}


def test_books_that_lag_are_not_believed_and_a_platform_that_sleeps_is_waited_for(office: Office) -> None:
    office.invoicing.misbehave(
        {"fault": "absent", "seconds": 100}, {"fault": "drop_after"}, {"fault": "status", "action": "query", "times": 4}
    )
    office.ask()
    office.let_it_end()
    assert office.states() == [("blue", OK, WHOLE)]
    assert len(office.invoicing.invoices()) == 1


def test_what_could_not_be_connected_to_is_not_asked_about_but_sent(office: Office, settings: SettingsWrapper) -> None:
    allowed, settings.OUTGOING_ALLOWED = settings.OUTGOING_ALLOWED, []
    office.ask()
    office.work()
    invoice = Invoice.objects.get()
    assert (invoice.state, invoice.left_at) == ("planned", None)
    settings.OUTGOING_ALLOWED = allowed
    office.let_it_end()
    assert office.states() == [("blue", OK, WHOLE)]


def test_what_is_never_done_is_shown_to_a_person_and_never_given_up(office: Office) -> None:
    office.invoicing.misbehave({"fault": "never_answers"})
    office.ask()
    office.let_it_end()
    office.later(86_400)
    (waiting,) = queries.awaiting_a_person(clock.now())
    assert (waiting.state, waiting.is_running) == ("waiting", True)
    office.later(3_600)
    operations.look_again(invoice=waiting, actor=CLERK)
    assert waiting.state == "waiting"
    assert broken() == {}


def test_of_two_workers_who_saw_the_same_one_has_an_effect(office: Office) -> None:
    seen_planned = office.ask()
    office.invoicing.misbehave({"fault": "not_ready", "action": "document"})
    office.work()
    with pytest.raises(MoveRefused):
        operations._send(seen_planned)
    seen_issued = [Invoice.objects.get(), Invoice.objects.get()]
    for invoice in seen_issued:
        operations._fetch(invoice)
    assert office.states() == [("blue", OK, WHOLE)]
    assert len(office.invoicing.invoices()) == InvoicePaper.objects.count() == 1
    assert broken() == {}


# What says something else


@pytest.mark.parametrize("fault", ["wrong_title", "wrong_tax_number", "wrong_amount"])
def test_an_invoice_that_says_something_else_is_a_persons_until_it_is_put_right(office: Office, fault: str) -> None:
    office.invoicing.misbehave({"fault": fault})
    invoice = office.ask(COMPANY)
    office.let_it_end()
    invoice.refresh_from_db()
    assert (invoice.state, invoice.differences) == ("differs", [fault.removeprefix("wrong_")])
    operations.look_again(invoice=invoice, actor=CLERK)
    assert invoice.state == "differs"
    assert list(queries.awaiting_a_person(clock.now())) == [invoice]

    office.invoicing.put_right(invoice.number)
    operations.look_again(invoice=invoice, actor=CLERK)
    office.work()
    assert office.states() == [("blue", OK, WHOLE)]
    assert not queries.awaiting_a_person(clock.now()).exists()
    assert broken() == {}


def test_a_number_that_another_invoice_has_is_not_believed(office: Office) -> None:
    office.ask()
    office.work()
    other = Office(office.invoicing, office.clock, insurer="songhe")
    office.invoicing.misbehave({"fault": "same_invoice_number"})
    second = other.ask()
    other.work()
    second.refresh_from_db()
    assert (second.state, second.differences) == ("differs", ["official_number"])


@pytest.mark.parametrize("fault", ["not_ready", "broken_document"])
def test_a_paper_that_is_not_right_at_first_is_fetched_again(office: Office, fault: str) -> None:
    office.invoicing.misbehave({"fault": fault, "action": "document", "times": 2})
    office.ask()
    office.let_it_end()
    assert office.states() == [("blue", OK, WHOLE)]


def test_a_paper_that_stays_wrong_is_not_kept_and_a_person_looks(office: Office) -> None:
    office.invoicing.misbehave({"fault": "paper_title", "action": "document", "times": 5})
    invoice = office.ask()
    office.let_it_end()
    invoice.refresh_from_db()
    assert (invoice.state, invoice.differences, invoice.has_paper) == ("differs", ["paper.title"], False)
    operations.look_again(invoice=invoice, actor=CLERK)
    office.work()
    assert office.states() == [("blue", OK, WHOLE)]
    with pytest.raises(operations.NothingToLookAt):
        operations.look_again(invoice=invoice, actor=CLERK)


# Taken back


def test_a_surrender_takes_the_invoice_back_whole(office: Office) -> None:
    office.ask(COMPANY)
    office.work()
    office.surrender()
    office.work()
    assert office.states() == [("blue", OK, WHOLE), ("red", OK, WHOLE)]
    blue, red = Invoice.objects.order_by("serial")
    assert (red.of_id, red.kind) == (blue.id, Kind.RED)
    text = paper_of(office, red)
    assert blue.official_number in text
    assert "-240.50" in text
    assert office.invoicing.invoiced() == 0
    assert Sharing.objects.count() == 1  # A red one names nobody, so nothing more leaves.
    operations.reverse(policy=office.policy, actor=CLERK)
    office.work()
    assert len(office.states()) == 2
    assert broken() == {}


def test_where_a_part_goes_back_what_stands_is_invoiced_anew(office: Office) -> None:
    office.ask(COMPANY)
    office.work()
    kept = 1_203  # The channel's fee was kept.
    office.surrender(gives_back=PREMIUM - Money(kept))
    office.let_it_end()
    assert office.states() == [("blue", OK, WHOLE), ("red", OK, WHOLE), ("blue", OK, kept)]
    assert office.invoicing.invoiced() == kept
    assert len({one["number"] for one in office.invoicing.invoices()}) == 3
    assert broken() == {}


def test_a_change_that_gives_something_back_makes_the_invoice_smaller(office: Office) -> None:
    office.ask()
    office.work()
    office.agree(TransactionKind.ENDORSE, -PREMIUM.allocate([1, 1])[0])
    operations.reverse(policy=office.policy, actor=CLERK)
    office.let_it_end()
    assert office.invoicing.invoiced() == WHOLE // 2
    assert broken() == {}


def test_what_never_left_is_not_issued_once_the_premium_goes_back(office: Office) -> None:
    office.ask()
    office.surrender()
    office.let_it_end()
    assert office.states() == [("blue", "given_up", WHOLE)]
    assert office.invoicing.invoices() == []
    assert broken() == {}


@pytest.mark.parametrize(
    "faults", [[{"fault": "drop_after"}], [{"fault": "absent", "seconds": 300}, {"fault": "drop_after"}], [{"fault": "wrong_title"}]]
)
def test_what_was_on_its_way_is_taken_back_once_it_is_there(office: Office, faults: list[dict[str, object]]) -> None:
    office.invoicing.misbehave(*faults)
    invoice = office.ask()
    office.work()
    office.surrender()
    office.let_it_end()
    invoice.refresh_from_db()
    if invoice.state == InvoiceState.DIFFERS:
        office.invoicing.put_right(invoice.number)
        operations.look_again(invoice=invoice, actor=CLERK)
        office.let_it_end()
    assert office.states() == [("blue", OK, WHOLE), ("red", OK, WHOLE)]
    assert office.invoicing.invoiced() == 0
    assert broken() == {}


def test_an_invoice_with_a_wrong_name_is_taken_back_by_a_person_and_asked_for_anew(office: Office) -> None:
    blue = office.ask(COMPANY)
    with pytest.raises(operations.NothingToLookAt):
        operations.take_back(invoice=blue, actor=CLERK)
    office.work()
    operations.take_back(invoice=blue, actor=CLERK)
    with pytest.raises(operations.NothingToLookAt):
        operations.take_back(invoice=blue, actor=CLERK)
    office.work()
    assert office.states() == [("blue", OK, WHOLE), ("red", OK, WHOLE)]
    office.clock.advance(timedelta(seconds=1))
    office.ask(replace(COMPANY, title="栖迟网络有限公司"))
    office.work()
    assert office.states()[2:] == [("blue", OK, WHOLE)]
    assert office.invoicing.invoiced() == WHOLE
    assert broken() == {}


def test_a_red_one_that_is_refused_is_a_persons_and_tried_anew_by_them(office: Office) -> None:
    office.ask()
    office.work()
    office.invoicing.misbehave({"fault": "decline", "action": "reverse"})
    office.surrender()
    office.let_it_end()
    (red,) = queries.awaiting_a_person(clock.now())
    assert (red.kind, red.state) == ("red", "rejected")
    operations.look_again(invoice=red, actor=CLERK)
    with pytest.raises(operations.NothingToLookAt):
        operations.look_again(invoice=red, actor=CLERK)
    office.let_it_end()
    assert office.states() == [("blue", OK, WHOLE), ("red", "rejected", WHOLE), ("red", OK, WHOLE)]
    assert not queries.awaiting_a_person(clock.now()).exists()


# Killed on the way


class Killed(BaseException):
    """The process ends here."""


SAMPLE = [("begun", ""), ("answered", ""), ("fetched", ""), ("asked", "drop_after")]
PLACES = [*SAMPLE, *((place, "") for place in ("requested", "built", "settled", "reversed")), ("begun", "drop_after")]


@pytest.mark.parametrize(("place", "fault"), [pytest.param(*one, marks=[] if one in SAMPLE else pytest.mark.soak) for one in PLACES])
def test_wherever_a_worker_ends_the_invoice_is_issued_once_and_taken_back_once(
    office: Office, monkeypatch: pytest.MonkeyPatch, place: str, fault: str
) -> None:
    """Every place kills at its first visit; whoever comes after goes on, as the queue and the clock let them."""
    visited: set[str] = set()

    def may_die(name: str) -> None:
        if name == f"invoices.{place}" and name not in visited:
            visited.add(name)
            raise Killed

    monkeypatch.setattr(operations, "crashpoint", may_die)
    office.invoicing.misbehave(*([{"fault": fault}, {"fault": fault, "action": "reverse"}] if fault else []))

    for act in (partial(office.ask, COMPANY), office.let_it_end, office.let_it_end, office.surrender, office.let_it_end, office.let_it_end):
        with suppress(Killed):
            act()
    assert visited == {f"invoices.{place}"}
    assert office.states() == [("blue", OK, WHOLE), ("red", OK, WHOLE)]
    assert office.invoicing.invoiced() == 0
    assert broken() == {}


# What must be true


def test_what_is_wrong_with_an_invoice_is_noticed(office: Office) -> None:
    office.ask()
    office.work()
    office.later(3_600)
    assert broken() == {}
    assert noticed("UPDATE policies_policytransaction SET premium_fen = 1") == ["nothing_is_invoiced_beyond_its_premium"]
    late = "UPDATE invoices_invoice SET state = 'issued', next_try_at = now() - interval '1 day'"
    assert set(noticed(late)) >= {"no_invoice_runs_without_a_clock", "every_invoice_moved_along_its_table"}
    assert noticed("DELETE FROM privacy_sharing") == ["no_buyer_left_without_a_permit"]
    about_to_leave = "WITH gone AS (DELETE FROM privacy_sharing), paperless AS (DELETE FROM invoices_invoicepaper)"
    killed = f"{about_to_leave} UPDATE invoices_invoice SET state = 'unknown', official_number = '', next_try_at = now() + interval '1 day'"
    assert noticed(killed) == ["every_invoice_moved_along_its_table"]
    assert noticed("DELETE FROM invoices_invoicepaper") == ["every_invoice_has_its_paper_and_no_other_has"]
    office.surrender()
    office.work()
    more = "UPDATE invoices_invoice SET amount_fen = amount_fen + 1 WHERE kind = 'blue'"
    assert noticed(more) == ["every_red_invoice_takes_back_a_blue_one_whole"]


def noticed(statement: str) -> list[str]:
    """What would be found after this statement, which the database itself may refuse and which is taken back."""
    found: list[str] = []
    with suppress(_TakenBack), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        found += sorted(broken())
        raise _TakenBack
    return found


class _TakenBack(Exception):
    pass
