"""Filling an application in: what changes undoes what depended on it, and nobody's consent slips over to somebody else."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from besttrav.catalogue.offer import PaperKind
from besttrav.kernel.actors import Actor
from besttrav.people.models import Account
from besttrav.people.visitors import digest
from besttrav.policies.models import Party
from besttrav.policies.purposes import APPLY
from besttrav.privacy import consents, files
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.gate import NotYours, reveal
from besttrav.sales import evidence, queries
from besttrav.sales.evidence import Seen
from besttrav.sales.limits import DRAFT
from besttrav.sales.models import Answer, Application, ApplicationState, Evidence
from besttrav.sales.operations import applying, submitting
from besttrav.sales.operations.applying import TooManyBegun
from besttrav.sales.operations.submitting import NotComplete, Signature
from besttrav.sales.steps import Step, missing, steps_of
from tests import invented
from tests.insurance import Later
from tests.sales.shop import Shop

VISITOR = Actor.visitor()
SEEN = Seen("test", "v1")


def test_the_buyer_sees_what_they_typed_and_the_stranger_does_not(shop: Shop) -> None:
    application = shop.filled()
    parties = queries.parties_of(application)
    buyer = queries.buyer_of(application, VISITOR)
    assert [opened.name for opened in reveal(parties, ["name"], purpose=APPLY, actor=buyer)] == ["林知远", "苏晚晴"]
    with pytest.raises(NotYours):
        reveal(parties, ["name"], purpose=APPLY, actor=shop.world.stranger.actor)
    assert queries.application_of(application.id, account=shop.world.stranger.account, browser_sha256="another browser") is None


def test_whoever_is_typed_anew_is_somebody_else_and_consents_to_nothing_yet(shop: Shop) -> None:
    application = shop.filled()
    before = _subjects(application.contract)
    assert consents.is_given(before["spouse"], Consent.K05, shop.offer().insurer.code)
    other = replace(
        shop.spouse(), name="沈若水", identity_number=invented.id_number(date(1991, 5, 5), serial=7), birth_date=date(1991, 5, 5)
    )
    applying.write_people(application=application, people=shop.people(other), actor=VISITOR, seen=SEEN)
    after = _subjects(application.contract)
    assert after["self"] == before["self"]
    assert after["spouse"] != before["spouse"]
    assert not consents.is_given(after["spouse"], Consent.K05, shop.offer().insurer.code)
    assert application.consented_at is None


def test_a_moved_trip_counts_ages_anew(shop: Shop) -> None:
    born = shop.first_day.replace(year=shop.first_day.year - 10)
    child = replace(shop.spouse(), relation="child", birth_date=born, identity_number=invented.id_number(born), phone="")
    application = shop.filled(people=shop.people(child))
    assert _ages(application.contract) == [38, 10]
    earlier = shop.wanted(shop.offer(), first_day=shop.first_day.replace(day=shop.first_day.day - 1))
    applying.describe_trip(application=application, wanted=earlier, actor=VISITOR, seen=SEEN)
    assert _ages(application.contract) == [38, 9]
    assert application.consented_at is None


def test_without_a_consent_nothing_is_agreed_to(shop: Shop) -> None:
    application = shop.filled()
    needed = applying.consents_needed(shop.offer(), queries.parties_of(application))
    assert needed == {"K02", "K05", "K15", "authority"}
    for code in needed:
        applying.write_people(application=application, people=shop.people(shop.spouse()), actor=VISITOR, seen=SEEN)
        with pytest.raises(applying.ConsentMissing):
            applying.consent(application=application, offer=shop.offer(), agreed=frozenset(needed - {code}), actor=VISITOR, seen=SEEN)
        assert not any(
            consents.is_given(subject, Consent.K02) for role, subject in _subjects(application.contract).items() if role != "self"
        )


def test_a_child_below_fourteen_takes_a_guardian(shop: Shop) -> None:
    born = date(2015, 4, 9)
    child = replace(shop.spouse(), relation="child", birth_date=born, identity_number=invented.id_number(born), phone="")
    application = shop.started()
    applying.write_people(application=application, people=shop.people(child), actor=VISITOR, seen=SEEN)
    assert "K14" in applying.consents_needed(shop.offer(), queries.parties_of(application))


def test_adults_alone_agree_to_cover_on_their_own_death_and_that_is_asked_and_written_down_alike(shop: Shop) -> None:
    born = date(2012, 4, 9)
    child = replace(shop.spouse(), relation="child", birth_date=born, identity_number=invented.id_number(born), phone="")
    application = shop.filled(people=shop.people(child))
    assert "K15" not in applying.consents_needed(shop.offer(), queries.parties_of(application))
    assert not consents.is_given(_subjects(application.contract)["child"], Consent.K15)

    application = shop.filled()
    assert "K15" in applying.consents_needed(shop.offer(), queries.parties_of(application))
    subjects = _subjects(application.contract)
    assert (consents.is_given(subjects["spouse"], Consent.K15), consents.is_given(subjects["self"], Consent.K15)) == (True, False)

    offer = shop.offer()
    harmless = replace(offer, coverages=tuple(cover for cover in offer.coverages if not cover.is_death))
    assert not any(applying.agrees_to_death_cover(party, harmless) for party in queries.parties_of(application))


def test_only_the_text_of_this_version_can_be_confirmed(shop: Shop) -> None:
    application = shop.started()
    with pytest.raises(applying.PaperChanged):
        applying.confirm_paper(
            application=application, offer=shop.offer(), kind=PaperKind.CLAUSES, sha256="0" * 64, actor=VISITOR, seen=SEEN
        )
    assert queries.papers_read(application, shop.offer()) == set()


def test_each_missing_step_stops_the_signature_and_says_which(shop: Shop) -> None:
    offer = shop.offer()
    application = shop.started()
    done = list(missing(application, offer, queries.papers_read(application, offer)))
    assert done == [Step.PEOPLE, Step.PAPERS, Step.CONSENTS, Step.CONFIRMATION]
    with pytest.raises(NotComplete) as refused:
        submitting.submit(
            application=application,
            revision=application.revision,
            offer=offer,
            signature=Signature(name="林知远"),
            actor=VISITOR,
            seen=SEEN,
        )
    assert refused.value.step is Step.PEOPLE


def test_a_product_without_questions_has_no_page_about_health(shop: Shop) -> None:
    assert Step.HEALTH not in steps_of(shop.offer("outbound"))
    assert Step.HEALTH in steps_of(shop.offer("annual-accident"))


def test_answers_about_health_lie_in_a_file_of_their_own(shop: Shop) -> None:
    application = shop.filled("annual-accident", people=shop.people())
    answer = Answer.objects.filter(application=application).first()
    sheet = files.sheet_of(answer.person)
    assert sheet
    assert sheet.file_id == application.health_file != application.file


def test_leaving_forgets_the_people_at_once(shop: Shop) -> None:
    application = shop.filled()
    applying.withdraw(application=application, actor=VISITOR, seen=SEEN)
    assert application.state == ApplicationState.WITHDRAWN
    assert not Party.objects.filter(contract=application.contract).exists()
    with pytest.raises(applying.NotOpen):
        applying.write_people(application=application, people=shop.people(), actor=VISITOR, seen=SEEN)


def test_the_trace_tells_every_step_and_shows_a_change(shop: Shop) -> None:
    application = shop.filled()
    steps = evidence.told(application)
    assert [step.action for step in steps[:3]] == ["started", "filled_in", "filled_in"]
    assert evidence.broken_at(steps) is None
    steps[2].facts = {**steps[2].facts, "what": "something else"}
    assert evidence.broken_at(steps) == 3
    whole = evidence.told(application)
    assert evidence.broken_at([*whole[:4], *whole[5:]]) == 5


def test_nobody_changes_the_trace(shop: Shop) -> None:
    application = shop.started()
    with pytest.raises(Exception, match="only grows"):
        Evidence.objects.filter(application=application).update(action="forged")


def _subjects(contract: UUID) -> dict[str, UUID]:
    parties = list(Party.objects.filter(contract=contract))
    subjects = files.subjects_of(party.person for party in parties)
    return {party.relation: subjects[party.person] for party in parties}


def _ages(contract: UUID) -> list[int | None]:
    return list(Party.objects.filter(contract=contract).order_by("position").values_list("age", flat=True))


def test_one_browser_begins_no_more_than_so_many_in_a_day(shop: Shop, monkeypatch: pytest.MonkeyPatch, later: Later) -> None:
    monkeypatch.setattr(applying, "DRAFT", replace(DRAFT, begun_a_day=2))
    first, _second = shop.started(), shop.started()
    applying.withdraw(application=first, actor=VISITOR, seen=SEEN)
    with pytest.raises(TooManyBegun):
        shop.started()
    later(86_401)
    assert shop.started()


def test_a_network_whose_browsers_forget_their_cookie_begins_no_more_than_so_many_in_an_hour(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, later: Later
) -> None:
    """Whoever is signed in, or somewhere else, still begins."""
    monkeypatch.setattr(applying, "DRAFT", replace(DRAFT, begun_an_hour_network=2))
    begin(shop, "one")
    begin(shop, "two")
    with pytest.raises(TooManyBegun):
        begin(shop, "three")
    assert begin(shop, "four", network="203.0.113.0/24")
    assert begin(shop, "five", account=shop.world.buyer.account)
    later(3601)
    assert begin(shop, "three")


def begin(shop: Shop, browser: str, *, network: str = "198.51.100.0/24", account: Account | None = None) -> Application:
    offer = shop.offer()
    return applying.start(
        offer=offer,
        wanted=shop.wanted(offer),
        language="zh-hans",
        browser_sha256=digest(browser),
        network=network,
        account=account,
        actor=VISITOR,
        seen=SEEN,
    )
