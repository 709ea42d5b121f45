"""2.2.2b: insured people who are not the buyer are told what is held about them and why, and can object."""

import re
from uuid import UUID

import pytest
from django.test import Client

from besttrav.kernel.actors import Actor
from besttrav.sales.models import Notice, NoticeState
from besttrav.sales.operations import noticing
from tests.portal.orders import a_while_passes, buyer, insured
from tests.sales.conftest import shop
from tests.sales.shop import PHONE, Shop

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(databases=["default", "vault"], transaction=True)
SPOUSE = "+8612900001002"


def test_somebody_with_a_phone_is_told_by_message_and_objects_with_a_code(shop: Shop) -> None:
    insured(shop)
    path = "/notices/" + re.search(r"/notices/([^/]+)/", shop.world.carrier.texts(SPOUSE)[0])[1] + "/"  # type: ignore[index]  # it is there
    client = Client()
    page = client.get(path, headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"})
    text = page.content.decode()
    for told in ("禾岸财产保险股份有限公司", "行笺保险经纪有限公司", "苏**", "129****1002", "2031 年", "保险法"):
        assert told in text, told
    for hidden in ("苏晚晴", "林**", "林知远", SPOUSE.removeprefix("+86"), "0018"):
        assert hidden not in text, hidden
    assert Notice.objects.get().opened_at

    a_while_passes(shop, SPOUSE)
    asked = client.post(f"{path}objection/")
    assert Notice.objects.get().state == NoticeState.OPEN
    shop.world.deliver()
    assert client.post(asked["Location"], {"code": "000000"}).status_code == 422
    assert Client().post(asked["Location"], {"code": shop.world.carrier.code(SPOUSE)}).status_code == 422
    assert client.post(asked["Location"], {"code": shop.world.carrier.code(SPOUSE)})["Location"] == f"{path}#objection"
    assert Notice.objects.get().state == NoticeState.OBJECTED
    assert "您已提出异议" in client.get(path).content.decode()
    assert shop.world.carrier.texts(PHONE)


def test_somebody_without_a_phone_gets_the_link_through_the_buyer(shop: Shop) -> None:
    order = insured(shop, people=shop.people(shop.spouse(phone="")))
    base, notice = f"/orders/{order.number}/", Notice.objects.get()
    assert notice.message is None
    client = buyer()
    assert "请转交" in client.get(base).content.decode()
    assert client.get(f"{base}notices/{notice.id}/")["Location"] == base
    links = [_link(client.post(f"{base}notices/{notice.id}/").content.decode()) for _time in range(2)]
    assert links[0] != links[1]
    assert Client().get(links[0]).status_code == 404
    assert Client().get(links[1]).status_code == 200
    assert Client().post(f"{base}notices/{notice.id}/").status_code == 404
    assert client.post(f"{base}notices/{UUID(int=7)}/").status_code == 404

    assert Client().get(f"{links[1]}objection/")["Location"] == links[1]
    assert Client().post(f"{links[1]}objection/")["Location"] == f"{links[1]}#objection"
    assert Notice.objects.get().state == NoticeState.OBJECTED
    assert "请转交" not in client.get(base).content.decode()
    noticing.object_to(notice=Notice.objects.get(), actor=Actor.visitor())


def test_a_link_that_leads_nowhere_tells_nothing(shop: Shop) -> None:
    insured(shop)
    assert Client().get("/notices/nobody-knows-this-one-at-all-aaaa/").status_code == 404
    assert Client().post("/notices/nobody-knows-this-one-at-all-aaaa/objection/").status_code == 404


def _link(page: str) -> str:
    found = re.search(r'value="http://[^"/]+(/notices/[^"]+)"', page)
    assert found
    return found[1]
