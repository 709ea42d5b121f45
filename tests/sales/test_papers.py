"""Our own papers of a contract: made when they are asked for."""

import pytest

from besttrav.insurers import operations as insurers
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.pdf import text_of
from besttrav.policies.models import DocumentKind, Policy, PolicyDocument
from besttrav.policies.operations.papers import NoPaper, hand_over
from besttrav.policies.papers.euro import rate_on
from besttrav.sales.evidence import Seen
from besttrav.sales.models import Order
from besttrav.sales.operations import papers, submitting
from besttrav.sales.operations.finding import policy_of
from besttrav.sales.operations.submitting import Signature
from besttrav.sales.queries import acting_for
from tests.insurance import Later
from tests.sales.shop import Shop

pytestmark = pytest.mark.django_db(databases=["default", "vault"], transaction=True)
DRAWN = "M10 60" + "".join(f" L{20 + 12 * step} {30 + 20 * (step % 3)}" for step in range(20))


def insured(shop: Shop, order: Order) -> Policy:
    shop.paid(order)
    shop.work()
    policy = policy_of(order)
    assert policy
    return policy


def words_of(order: Order, document: PolicyDocument) -> str:
    return text_of(hand_over(document=document, actor=acting_for(order)))


def test_the_copy_says_what_was_signed_in_both_languages(shop: Shop) -> None:
    order = shop.ordered()
    policy = insured(shop, order)
    made = [papers.made(policy=policy, kind=kind, language=language) for kind, language in papers.offered(policy)]
    copies = {one.language: words_of(order, one) for one in made if one.kind == DocumentKind.APPLICATION}
    assert set(copies) == {"zh-hans", "en"}
    for text in copies.values():
        for words in ("林知远", "SU, WANQING", "12900001001", order.number, str(policy.premium), "12900001001"):
            assert words in text.replace(" ", "").replace("SU,W", "SU, W"), words
    assert "日本" in copies["zh-hans"]
    assert "Japan" in copies["en"]
    assert "identity documents" in copies["en"].lower()


def test_a_drawn_signature_is_set_as_strokes(shop: Shop) -> None:
    application = shop.proved(shop.filled())
    submitted = submitting.submit(
        application=application,
        revision=application.revision,
        offer=shop.offer(),
        signature=Signature(drawing=DRAWN),
        actor=Actor.visitor(),
        seen=Seen("confirmation", "v1"),
    )
    assert submitted.order
    policy = insured(shop, submitted.order)
    document = papers.made(policy=policy, kind=DocumentKind.APPLICATION, language="en")
    text = words_of(submitted.order, document)
    assert "M10" not in text
    assert "signature of the policyholder" in text


def test_a_certificate_is_made_where_the_product_promises_one_and_nowhere_else(shop: Shop, later: Later) -> None:
    order = shop.ordered("schengen", destinations=("FR",), plan=shop.offer("schengen").plans[0].code)
    shop.paid(order)
    shop.work()
    for _time in range(3):  # this insurer decides after a while
        later(90)
        insurers.recover()
        shop.work()
    policy = policy_of(order)
    assert policy
    text = words_of(order, papers.made(policy=policy, kind=DocumentKind.CERTIFICATE, language="en"))
    for words in ("LIN, ZHIYUAN", "SU, WANQING", "Visa Code", "All Schengen member states", policy.number):
        assert words in text, words
    with pytest.raises(NoPaper):
        papers.made(policy=policy, kind=DocumentKind.CERTIFICATE, language="zh-hans")


def test_a_paper_is_made_when_it_is_asked_for_and_is_the_same_from_then_on(shop: Shop) -> None:
    policy = insured(shop, shop.ordered())
    assert [one.kind for one in PolicyDocument.objects.all()] == [DocumentKind.E_POLICY]
    asked = [papers.made(policy=policy, kind=DocumentKind.APPLICATION, language="en").id for _time in range(2)]
    assert asked[0] == asked[1]
    assert PolicyDocument.objects.count() == 2


def test_the_euro_has_a_day_and_a_source() -> None:
    rate = rate_on(clock.today())
    assert rate.on <= clock.today()
    assert rate.source
