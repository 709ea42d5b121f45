"""An invoice at the desk: seen when it waits for a person, asked about by whoever handles orders, and by nobody else."""

from datetime import timedelta

from django.test import Client

from besttrav.invoices import operations
from besttrav.invoices.models import Invoice
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.policies.models import Policy
from besttrav.sales.waiting import Reason, waiting
from tests.console.test_console import signed_in
from tests.console.test_orders import act, attended, page_of
from tests.invoices.office import COMPANY
from tests.invoicing import InvoicingSimulator
from tests.portal.orders import insured
from tests.sales.shop import Shop


def test_an_invoice_that_says_something_else_waits_at_the_desk_until_it_is_put_right(shop: Shop, invoicing: InvoicingSimulator) -> None:
    order = insured(shop)
    invoicing.misbehave({"fault": "wrong_title"})
    operations.request(policy=Policy.objects.get(), wish=COMPANY, actor=Actor.visitor())
    shop.work()
    invoice, client = Invoice.objects.get(), signed_in(shop.world.service_agent)
    noun = f"invoices/{invoice.id}/questions"
    assert [one.reason for one in waiting(clock.now())] == [Reason.INVOICE]
    assert f"/staff/orders/{order.number}/" in client.get("/staff/orders/?reason=invoice").content.decode()
    page = page_of(client, order)
    assert [words for words in (noun, "发票抬头", "核查中", f"¥{order.premium}") if words not in page] == []
    assert COMPANY.title not in page

    assert act(Client(), order, noun)["Location"].startswith("/staff/sign-in/")
    assert act(signed_in(shop.world.finance_clerk), order, noun).status_code == 403
    first, last = (shop.first_day + timedelta(days=days) for days in (60, 64))
    other = shop.ordered(people=shop.people(phone="+8612900001009"), phone="+8612900001009", first_day=first, last_day=last)
    assert act(client, other, noun).status_code == 404
    assert act(client, order, noun, why="").status_code == 422

    assert act(client, order, noun).status_code == 302
    invoicing.put_right(invoice.number)
    assert act(client, order, noun).status_code == 302
    shop.work()
    invoice.refresh_from_db()
    assert invoice.state == "ok"
    assert act(client, order, noun).status_code == 422
    assert waiting(clock.now()) == []
    page = page_of(client, order)
    assert [words for words in (invoice.official_number, f"invoices/{invoice.id}/reversal") if words not in page] == []
    assert act(signed_in(shop.world.finance_clerk), order, f"invoices/{invoice.id}/reversal").status_code == 403
    assert act(client, order, f"invoices/{invoice.id}/reversal").status_code == 302
    shop.work()
    assert invoicing.invoiced() == 0
    assert attended(order) == [*[("ask_about_invoice", "S1001")] * 3, ("take_invoice_back", "S1001")]
