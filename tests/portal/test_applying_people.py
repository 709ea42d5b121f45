"""The page of people: buttons that change the list, what a document tells, and an answer to whatever is typed."""

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client

from besttrav.kernel import clock
from besttrav.kernel.identity import Sex
from besttrav.policies.models import Party
from tests import invented
from tests.catalogue.shelf import SLUGS, stock
from tests.portal.applicant import FRAGMENT, Applicant, fields, offer_of, told, wrongs
from tests.portal.nasty import NASTY
from tests.world import World


@pytest.fixture(autouse=True)
def _a_full_shelf(world: World) -> None:
    stock()


@pytest.fixture
def applicant(client: Client) -> Applicant:
    return Applicant(client).tripped()


def press(applicant: Applicant, button: str, values: dict[str, Any] | None = None, **more: Any) -> Any:
    """Press a button of the list, with everything typed so far."""
    response = applicant.send("people", {**(values or {}), "do": button}, **more)
    assert not Party.objects.filter(contract=applicant.application.contract).exists(), "a button saved something"
    return response


# --- Buttons ---


def test_somebody_is_added_copied_taken_away_and_put_back_without_a_script(client: Client, applicant: Applicant) -> None:
    values = applicant.everybody()
    page = press(applicant, "add", values)
    assert fields(page).values["row"] == ["1", "2", "3"]
    assert fields(page).values["p2-name"] == ["苏晚晴"]
    assert 'id="p3" tabindex="-1" autofocus' in told(page)

    page = press(applicant, "copy:2", values)
    copied = fields(page).values
    assert copied["p3-relation"] == copied["p2-relation"] == ["spouse"]
    assert copied["p3-name"] == copied["p3-number"] == [""]

    page = press(applicant, "remove:2", values)
    gone = fields(page).values
    assert gone["row"] == ["1"]
    assert gone["gone"] == ["2"]
    assert "已移除被保险人 2" in told(page)
    page = client.post(f"{applicant.address}people/", {**gone, "do": "restore:2"})
    assert fields(page).values["p2-name"] == ["苏晚晴"]
    assert fields(page).values["row"] == ["1", "2"]


def test_what_was_taken_away_is_not_saved(client: Client, applicant: Applicant) -> None:
    page = press(applicant, "remove:2", applicant.everybody())
    assert client.post(f"{applicant.address}people/", fields(page).values).status_code == 303
    assert Party.objects.filter(contract=applicant.application.contract).count() == 1


def test_the_applicant_may_or_may_not_be_insured(client: Client, applicant: Applicant) -> None:
    values = applicant.everybody()
    page = press(applicant, "other:1", values)
    assert "same" not in fields(page).values
    assert {"p1-name", "p1-number", "p1-relation"} <= fields(page).names

    page = client.post(f"{applicant.address}people/", {**fields(page).values, "do": "same:2"})
    again = fields(page).values
    assert again["row"] == ["2", "1"], "the applicant comes first"
    assert "p2-name" not in again
    values = {**again, **applicant.person("p1", applicant.offer.needs.insured, 1, "id_card")}
    assert client.post(f"{applicant.address}people/", values).status_code == 303
    holder, other = Party.objects.filter(contract=applicant.application.contract).order_by("position")
    assert (holder.is_holder, holder.is_insured, holder.relation) == (True, True, "self")
    assert (other.is_holder, other.is_insured) == (False, True)


def test_an_applicant_who_is_not_insured_is_a_person_of_the_contract_all_the_same(client: Client, applicant: Applicant) -> None:
    page = press(applicant, "other:1", applicant.everybody())
    values = {**fields(page).values, **applicant.person("p1", applicant.offer.needs.insured, 2, "id_card")}
    assert client.post(f"{applicant.address}people/", values).status_code == 303
    parties = Party.objects.filter(contract=applicant.application.contract).order_by("position")
    assert [(party.is_holder, party.is_insured) for party in parties] == [(True, False), (False, True), (False, True)]


def test_an_organisation_applies_where_the_product_takes_one(client: Client) -> None:
    applicant = Applicant(client, "group-tour", people=3).tripped()
    page = press(applicant, "organisation")
    asked = fields(page)
    assert {"h-name", "h-code", "h-contact", "h-phone", "h-email"} == {name for name in asked.names if name.startswith("h-")}
    values = {**asked.values, "h-name": "海星旅行社有限公司", "h-code": CREDIT_CODE, "h-contact": "林知远", "h-phone": "12900001001"}
    for place, key in enumerate(asked.values["row"], 1):
        values |= applicant.person(f"p{key}", applicant.offer.needs.insured, place, "id_card") | {f"p{key}-relation": "participant"}
    response = client.post(f"{applicant.address}people/", values)
    assert response.status_code == 303, wrongs(response)
    holder = Party.objects.get(contract=applicant.application.contract, is_holder=True)
    assert (holder.is_organisation, holder.is_insured, holder.age) == (True, False, None)
    assert fields(applicant.page("people")).values["h-contact"] == ["林知远"]

    assert "单位投保" not in told(Applicant(client).tripped().page("people"))


CREDIT_CODE = "91990000MA00000008"


def test_beneficiaries_are_the_heirs_unless_somebody_is_named_with_order_and_share(client: Client, applicant: Applicant) -> None:
    page = press(applicant, "name", applicant.everybody())
    page = client.post(f"{applicant.address}people/", {**fields(page).values, "do": "name"})
    born = date(1961, 2, 3)
    values = {
        **fields(page).values,
        "b1-name": "苏晚晴",
        "b1-relation": "spouse",
        "b1-kind": "id_card",
        "b1-number": invented.id_number(born),
        "b1-share": "60",
        "b2-name": "沈南乔",
        "b2-relation": "child",
        "b2-kind": "id_card",
        "b2-number": invented.id_number(born, Sex.MALE),
        "b2-share": "30％",
    }
    response = client.post(f"{applicant.address}people/", values)
    assert response.status_code == 422
    assert any("合计 90%" in line for line in wrongs(response))

    assert client.post(f"{applicant.address}people/", {**values, "b2-share": "40"}).status_code == 303
    paid = Party.objects.filter(contract=applicant.application.contract, beneficiary_of__isnull=False).order_by("position")
    assert [(one.share_order, one.share, one.beneficiary_of.position) for one in paid] == [(1, 60, 1), (1, 40, 1)]
    again = applicant.form("people")
    assert (again["b1-name"], again["b2-share"]) == (["苏晚晴"], ["40"])
    page = applicant.send("people", {"do": "unname:2"})
    assert fields(page).values["payee"] == ["1"]


def test_whoever_is_taken_away_takes_their_beneficiaries_along(client: Client, applicant: Applicant) -> None:
    page = press(applicant, "name", applicant.everybody())
    values = {**fields(page).values, "b1-of": "2", "do": "remove:2"}
    assert "payee" not in fields(client.post(f"{applicant.address}people/", values)).values


@pytest.mark.parametrize("button", ["", "nothing", "remove:77", "copy:x", "restore:1", "same:9", "__init__", "by", "unname:3", "paste:1"])
def test_a_button_that_does_not_exist_does_nothing(applicant: Applicant, button: str) -> None:
    response = applicant.send("people", {**applicant.everybody(), "h-name": "", "do": button})
    assert response.status_code in {200, 422}
    assert fields(response).values["row"] == ["1", "2"]


# --- With scripts ---


def test_a_fragment_brings_the_list_the_bar_and_the_ticket_and_nothing_else(applicant: Applicant) -> None:
    fragment = told(press(applicant, "add", applicant.everybody(), headers=FRAGMENT))
    assert fragment.strip().startswith('<div id="people">')
    assert "<html" not in fragment
    assert fragment.count('hx-swap-oob="true"') == 3
    assert 'data-announce="已添加被保险人 3"' in fragment


def test_a_document_tells_birth_sex_and_age_under_its_number(applicant: Applicant) -> None:
    born = date(2019, 5, 22)
    number = invented.id_number(born, Sex.FEMALE)
    page = told(
        press(applicant, "look", {"p2-number": number, "h-number": invented.id_number(date(1988, 3, 7), Sex.MALE)}, headers=FRAGMENT)
    )
    part = page.partition('id="p2-told"')[2].partition("</fieldset>")[0]
    for words in (f"{number[:6]} {number[6:14]} {number[14:]}", "2019-05-22", "女", "7 周岁", "在其他保险公司的身故保额"):
        assert words in part
    hint = told(press(applicant, "look", {"p2-number": f"{number[:17]}5" if number[17] != "5" else f"{number[:17]}4"}, headers=FRAGMENT))
    part = hint.partition('id="p2-told"')[2].partition("</fieldset>")[0]
    assert "aria-invalid" not in part, "a hint is no error"
    assert 'class="derived"' in part


def test_the_price_counts_everybody_whose_age_is_known(applicant: Applicant) -> None:
    older = {"p2-number": invented.id_number(date(1950, 5, 4), Sex.FEMALE)}
    fragment = told(press(applicant, "look", {**applicant.everybody(), **older}, headers=FRAGMENT))
    sums = re.findall(r'<span class="price"><small>¥</small>(\d+)', fragment)
    assert sums
    assert int(sums[0]) > 80


# --- A list of many ---


def test_a_pasted_list_becomes_people_that_can_be_mended_in_place(client: Client) -> None:
    applicant = Applicant(client, "domestic", people=1).tripped()
    born = date(1988, 3, 7)
    lines = [
        f"顾清和 {invented.id_number(born, Sex.MALE, 3)} 12900003001 朋友",
        "沈南乔 190101199003070011",
        "",
        f"陆星遥，{invented.id_number(born, serial=4)}",
    ]
    page = press(applicant, "paste", {"list": "\n".join(lines)})
    values, text = fields(page).values, told(page)

    assert values["row"] == ["1", "2", "3", "4"]
    assert values["p2-name"] == ["顾清和"]
    assert values["p2-relation"] == ["other"]
    assert values["p3-number"] == ["190101199003070011"]
    assert "找到 3 人" in text
    assert "姓名、证件号码" in text
    assert 'id="id_p3-number_error"' in text
    assert 'id="id_p2-number_error"' not in text
    assert 'id="id_h-name_error"' not in text, "nobody else is blamed yet"
    assert not values["list"][0]
    mended = {**values, **applicant.person("h", applicant.offer.needs.applicant, 0, "id_card", "12900001001")}
    mended |= {"p3-number": invented.id_number(born, Sex.MALE, 5), "p3-relation": "other", "p4-relation": "spouse"}
    response = client.post(f"{applicant.address}people/", mended)
    assert response.status_code == 303, wrongs(response)
    assert Party.objects.filter(contract=applicant.application.contract, is_insured=True).count() == 4


def test_a_pasted_list_takes_the_place_of_empty_rows_and_lets_go_what_is_not_asked(applicant: Applicant) -> None:
    page = press(applicant, "paste", {"list": f"苏晚晴 {invented.id_number()} 女\n"})
    values = fields(page).values
    assert len(values["row"]) == 2
    assert values[f"p{values['row'][1]}-name"] == ["苏晚晴"]
    domestic = Applicant(applicant.client, "domestic", people=1).tripped()
    page = press(domestic, "paste", {"list": f"苏晚晴 {invented.id_number()} 12900003001"})
    assert "12900003001" not in told(page)


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "   \n\n",
        "一二三四五六七",
        "🙂" * 500,
        "<script>alert(1)</script>",
        "\0\0\0",
        "x" * 100_000,
        "\n".join(f"林知远 19000019880307{n:04}" for n in range(10_000)),
    ],
    ids=["nothing", "blanks", "no_list", "emoji", "html", "nul", "long", "ten_thousand"],
)
@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
def test_a_list_that_is_none_is_answered_beside_its_field_and_stays_there(
    applicant: Applicant, pasted: str, headers: dict[str, str]
) -> None:
    page = press(applicant, "paste", {**applicant.everybody(), "list": pasted}, headers=headers)
    text = told(page)
    assert page.status_code == 422 or "找到" in text
    if page.status_code == 422:
        assert 'id="list-error"' in text
        assert 'aria-invalid="true"' in text
    assert "<script>alert" not in text
    assert fields(page).values["h-name"] == ["林知远"]
    assert fields(page).values["p2-name"] == ["苏晚晴"]


def test_a_paste_larger_than_any_form_of_ours_is_refused_whole(client: Client, applicant: Applicant) -> None:
    response = client.post(f"{applicant.address}people/", {"list": "x" * 2_000_000, "do": "paste"})
    assert response.status_code == 413


# --- What is wrong ---


def test_an_empty_page_names_each_person_and_each_field(applicant: Applicant) -> None:
    response = applicant.send("people")
    assert response.status_code == 422
    lines = wrongs(response)
    for words in ("投保人的姓名", "居民身份证号码", "被保险人 2的姓名", "被保险人 2与投保人的关系"):
        assert any(words in line for line in lines), words
    for target in re.findall(r'<a href="#([^"]+)">', told(response).partition('id="errors"')[2].partition("</div>")[0]):
        assert f'id="{target}"' in told(response), target
    assert "<title>请" in told(response), "the title says so, too"


def test_the_same_document_twice_is_noticed(applicant: Applicant) -> None:
    values = applicant.everybody()
    response = applicant.send("people", {**values, "p2-number": values["h-number"]})
    assert response.status_code == 422
    assert any("证件相同" in line for line in wrongs(response))


def test_too_few_people_for_the_product_are_told_so_before_health_and_papers(client: Client) -> None:
    applicant = Applicant(client, "group-tour", people=3).tripped()
    values = applicant.everybody()
    page = press(applicant, f"remove:{applicant.form('people')['row'][-1]}", values)
    response = client.post(f"{applicant.address}people/", fields(page).values)
    assert response["Location"] == f"{applicant.address}outcome/"
    assert "至少 3 人" in told(client.get(response["Location"]))


def field_names(slug: str, applicant: Applicant, step: str) -> list[str]:
    """Every field somebody can type into or choose in, of everybody: with documents that tell nothing and a minor among them."""
    offer, values = offer_of(slug), applicant.form(step)
    if step == "people":
        telling_nothing = next(
            one.value for one in offer.documents if one.value not in {"id_card", "residence_permit", "foreign_residence_card"}
        )
        last = values["row"][-1]
        kinds = {f"p{last}-kind": telling_nothing} if len(offer.documents) > 1 else {}
        page = applicant.send(step, {"do": "name", f"p{last}-born": "2018-05-04", **kinds})
        return sorted(name for name in fields(page).names if "-" in name)
    return sorted(set(fields(applicant.page(step)).names) - {"csrfmiddlewaretoken"})


@pytest.mark.parametrize("slug", SLUGS)
def test_whatever_is_typed_into_all_fields_at_once_is_answered(client: Client, slug: str) -> None:
    applicant = Applicant(client, slug, people=3 if slug == "group-tour" else 2).entered()
    for step in ("trip", "people"):
        names, form = field_names(slug, applicant, step), applicant.form(step)  # Nothing is saved, so the page stays as it is.
        for nasty in NASTY:
            for headers in ({}, FRAGMENT) if step == "people" else ({},):
                extra = {"payee": "1"} if step == "people" else {}
                response = client.post(f"{applicant.address}{step}/", {**form, **dict.fromkeys(names, nasty), **extra}, headers=headers)
                assert response.status_code == 422, (step, ascii(nasty)[:20], response.status_code)
                assert "<script>alert" not in response.content.decode()
                assert 'aria-invalid="true"' in response.content.decode()
        assert applicant.application.trip_at is None if step == "trip" else True
        if step == "trip":
            assert applicant.send("trip", applicant.trip()).status_code == 303
    assert not Party.objects.filter(contract=applicant.application.contract).exists()


def test_each_field_of_each_kind_answers_alone_and_the_rest_stays(client: Client) -> None:
    """Each field once, in the first product that asks it: one wrong value, everything else right and kept."""
    seen: set[str] = set()
    for slug in SLUGS:
        applicant = Applicant(client, slug, people=3 if slug == "group-tour" else 2).tripped()
        values, form = applicant.everybody(), applicant.form("people")
        last = form["row"][-1]
        for name in [name for name in values if name.startswith(("h-", f"p{last}-")) and name.split("-", 1)[1] not in seen]:
            seen.add(name.split("-", 1)[1])
            for nasty in NASTY:
                response = client.post(f"{applicant.address}people/", {**form, **values, name: nasty})
                page = response.content.decode()
                assert response.status_code in {303, 422}, (name, ascii(nasty)[:20])
                assert "<script>alert" not in page
                if response.status_code == 422:
                    assert wrongs(response) != ["422"], (name, ascii(nasty)[:20])
                    kept = next(other for other in values if other.endswith("-name") and other != name)
                    assert fields(response).values[kept] == [values[kept]]
                else:
                    assert client.post(f"{applicant.address}people/", {**form, **values}).status_code == 303
    assert {
        "name",
        "surname",
        "given",
        "number",
        "kind",
        "born",
        "sex",
        "phone",
        "email",
        "address",
        "occupation",
        "relation",
        "ends",
        "nationality",
    } <= seen


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("p2-number", "19010119900307001", "少了一位"),
        ("p2-number", "190000199013450018", "没有这一天"),
        ("p2-number", "190000299003070012", "还没有到"),
        ("p2-name", "林", "2"),
        ("p2-name", "林🙂远", "字符"),
        ("p2-phone", "12345", "11"),
        ("h-email", "not an address", "name@example.com"),
        ("p2-surname", "LÜ", "YU"),
    ],
)
def test_a_wrong_value_is_told_in_plain_words_beside_its_field(applicant: Applicant, name: str, typed: str, words: str) -> None:
    response = applicant.send("people", {**applicant.everybody(), name: typed})
    assert response.status_code == 422
    beside = told(response).partition(f'id="id_{name}_error"')[2].partition("</p>")[0]
    assert words in beside, beside
    assert fields(response).values[name] == [typed]


@pytest.mark.parametrize(
    "typed", ["１９００００１９８８０３０７００１８", "190000 19880307 0018", "190000-19880307-0018", " 190000198803070018 "]
)
def test_what_can_be_forgiven_is(applicant: Applicant, typed: str) -> None:
    number = invented.id_number(date(1988, 3, 7), Sex.MALE, 0)
    full_width = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
    written = {"１": number.translate(full_width)}.get(typed.strip()[0], typed.replace("190000198803070018", number))
    response = applicant.send(
        "people", {**applicant.everybody(), "h-number": written, "h-name": " 林知远　", "h-phone": "+86 129-0000-1001"}
    )
    assert response.status_code == 303, wrongs(response)
    assert applicant.form("people")["h-number"] == [number]
    assert applicant.form("people")["h-phone"] == ["12900001001"]


def test_a_birth_date_to_come_is_refused(client: Client) -> None:
    applicant = Applicant(client, "visiting-china").tripped()
    response = applicant.send("people", {**applicant.everybody(), "p2-born": f"{clock.today().year + 1}-01-01"})
    assert any("还没有到" in line for line in wrongs(response))
