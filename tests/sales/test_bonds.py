"""Sales against somebody who can write to the record and to nothing else."""

from importlib import import_module

import pytest
from django.apps import apps

from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.people.visitors import digest
from besttrav.privacy import invariants
from besttrav.sales import invariants as of_sales
from besttrav.sales import queries
from besttrav.sales.evidence import Seen
from besttrav.sales.models import Application, Notice, Order, Visit
from besttrav.sales.operations import applying, finding, noticing
from besttrav.sales.operations.applying import NotOurs
from tests.portal.orders import BROWSER
from tests.sales.shop import Shop

NAME = of_sales.every_sale_is_whose_we_wrote_it_is.__name__
STRANGERS = digest("the browser of a stranger")
VISITOR = Actor.visitor()


def reported() -> list[str]:
    return invariants.violations(but=set(invariants.names()) - {NAME}).get(NAME, [])


def test_an_application_handed_to_another_browser_opens_in_none(shop: Shop) -> None:
    application = shop.filled()
    assert queries.application_of(application.id, account=None, browser_sha256=digest(BROWSER)) == application
    assert reported() == []
    Application.objects.update(browser_sha256=STRANGERS)
    assert queries.application_of(application.id, account=None, browser_sha256=STRANGERS) is None
    assert queries.unfinished_of(account=None, browser_sha256=STRANGERS, most=9) == []
    assert reported() == [f"sales.application {application.id} does not carry our bond"]
    with pytest.raises(NotOurs):
        applying.enter(application=application, actor=VISITOR, seen=Seen("entry"))
    assert reported(), "nobody makes good what was changed past us"


@pytest.mark.parametrize("column", ["contract", "file", "health_file", "holder"])
def test_an_application_never_shows_somebody_elses_people(shop: Shop, column: str) -> None:
    theirs = shop.filled()
    own = shop.started()
    value = getattr(theirs, column)
    if column == "contract":
        Application.objects.filter(id=theirs.id).update(contract=own.id)
    Application.objects.filter(id=own.id).update(**{column: value})
    assert queries.application_of(own.id, account=None, browser_sha256=digest(BROWSER)) is None


def test_an_order_handed_to_another_account_or_browser_is_nobodys(shop: Shop) -> None:
    order, account = shop.ordered(), shop.world.stranger.account
    assert queries.order_of(order.number, browser_sha256=digest(BROWSER)) == order
    Order.objects.update(account=account)
    assert queries.order_of(order.number, account=account) is None
    assert queries.orders_of(account=account) == []
    Order.objects.update(account=None, subject=account.subject)
    assert queries.order_of(order.number, browser_sha256=digest(BROWSER)) is None
    Order.objects.update(subject=order.subject)
    Application.objects.update(browser_sha256=STRANGERS)
    assert queries.order_of(order.number, browser_sha256=STRANGERS) is None


def test_a_phone_is_not_proved_by_a_date_in_the_record(shop: Shop) -> None:
    application = shop.filled()
    Application.objects.update(phone_proved_at=clock.now())
    assert queries.application_of(application.id, account=None, browser_sha256=digest(BROWSER)) is None


@pytest.mark.parametrize("change", [{"token_sha256": STRANGERS}, {"sees_papers": True}, {"ends_at": "2099-01-01T00:00:00Z"}])
def test_a_visit_opens_what_it_opened_and_no_longer(shop: Shop, change: dict[str, object]) -> None:
    visit, token = finding.visit_of_buyer(order=shop.ordered(), actor=VISITOR)
    assert queries.living_visit(digest(token)) == visit
    Visit.objects.update(**change)
    assert queries.living_visit(str(change.get("token_sha256", digest(token)))) is None
    with pytest.raises(finding.NotFound):
        finding.show_papers(visit=visit, digits="0018", actor=VISITOR)


def test_a_notice_opens_by_its_own_link_only(shop: Shop) -> None:
    order = shop.ordered()
    noticing.tell_others(application=order.application)
    Notice.objects.update(token_sha256=STRANGERS)
    assert noticing.opened(token="the browser of a stranger") is None
    with pytest.raises(NotOurs):
        noticing.link_for_buyer(notice=Notice.objects.get(), actor=VISITOR)


def test_whose_a_sale_is_at_the_upgrade_it_stays(shop: Shop) -> None:
    order = shop.ordered()
    noticing.tell_others(application=order.application)
    for model in (Application, Order, Notice):
        model.objects.update(bond="")
    assert queries.order_of(order.number, browser_sha256=digest(BROWSER)) is None
    import_module("besttrav.sales.migrations.0004_bonds").bind(apps, None)
    assert queries.order_of(order.number, browser_sha256=digest(BROWSER)) == order
    assert reported() == []
