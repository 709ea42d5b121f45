"""The public check of a paper."""

import pytest
from django.test import Client

from besttrav.policies.limits import COMPARING
from besttrav.policies.verification import grouped, token_of
from besttrav.sales.operations.finding import policy_of
from tests.portal.orders import SPOUSE_NUMBER, insured
from tests.sales.shop import Shop

pytestmark = pytest.mark.django_db(databases=["default", "vault"], transaction=True)


def test_whoever_holds_a_paper_hears_whether_it_stands_and_whom_it_is_about(shop: Shop) -> None:
    policy = policy_of(insured(shop))
    assert policy
    client = Client()
    led = client.post("/verify/", {"code": grouped(policy.code).lower().replace("0", "o")})
    assert led["Location"] == f"/verify/{grouped(policy.code)}/"
    for address in (led["Location"], f"/verify/{token_of(bytes(policy.secret))}/"):
        page = client.get(address, headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"})
        assert page.status_code == 200
        text = page.content.decode()
        assert "尚未生效" in text
        for hidden in (policy.number, "林", "苏"):
            assert hidden not in text.replace("林-", ""), hidden
    assert client.post("/verify/", {"code": "ABCD"}).status_code == 422
    assert client.get("/verify/ABCD/").status_code == 404
    assert client.get(f"/verify/{'a' * 26}/").status_code == 404

    right = {"name": "su, wan-qing".replace("-", ""), "number": SPOUSE_NUMBER}
    assert "相符：" in client.post(led["Location"], right).content.decode()
    assert (
        "相符：" in client.post(led["Location"], {"name": "苏 晚晴", "number": f"{SPOUSE_NUMBER[:6]} {SPOUSE_NUMBER[6:]}"}).content.decode()
    )
    mixed = {"name": "林知远", "number": SPOUSE_NUMBER}
    assert "不相符" in client.post(led["Location"], mixed).content.decode()
    assert client.post(led["Location"], {"name": "", "number": ""}).status_code == 422
    for _guess in range(COMPARING.wrong_an_hour_network):
        client.post(led["Location"], mixed)
    assert client.post(led["Location"], right).status_code == 422
