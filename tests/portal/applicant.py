"""Somebody who fills an application in through the pages: what a page does not show, they do not send."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from besttrav.catalogue import queries
from besttrav.catalogue.offer import Offer
from besttrav.kernel import clock
from besttrav.kernel.identity import Sex
from besttrav.sales.models import Application
from tests import invented

PHONE = "12900001001"
FRAGMENT = {"HX-Request": "true"}
Values = dict[str, Any]


def offer_of(slug: str) -> Offer:
    found = queries.current(slug, clock.today())
    assert found
    return found


class _Fields(HTMLParser):
    """What a browser would send of the form with the id `step`, and the names of all its controls."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self._wanted, self._inside, self._select, self._text = form, False, "", ""
        self.values: dict[str, list[str]] = {}
        self.names: set[str] = set()
        self.ticked: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "form":
            self._inside = given.get("id") == self._wanted
        name = given.get("name") or ""
        if not self._inside or (not name and tag != "option"):
            return
        if tag == "option" and self._select and ("selected" in given or not self.values[self._select]):
            self.values[self._select] = [given.get("value") or ""]
        elif tag == "select":
            self._select = name
            self._take(name, [])
        elif tag == "textarea":
            self._text = name
            self._take(name, [""])
        elif tag == "input":
            kind = given.get("type", "text")
            if kind in {"checkbox", "radio"}:
                self._take(name, [])
                if "checked" in given:
                    self.ticked.add(name)
                    self.values[name].append(given["value"] or "" if "value" in given else "on")
            else:
                self._take(name, [given.get("value") or ""])

    def handle_data(self, data: str) -> None:
        if self._text:
            self.values[self._text][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._text = ""

    def _take(self, name: str, values: list[str]) -> None:
        self.names.add(name)
        self.values.setdefault(name, []).extend(values)


def fields(page: Any, form: str = "step") -> _Fields:
    found = _Fields(form)
    found.feed(page if isinstance(page, str) else page.content.decode())
    return found


def told(page: Any) -> str:
    return re.sub(r"\s+", " ", page.content.decode())


def wrongs(page: Any) -> list[str]:
    """What a page says is wrong, each in a line."""
    summary = page.content.decode().partition('id="errors"')[2].partition("</div>")[0]
    return [re.sub(r"<[^>]*>", "", line) for line in re.findall(r"<li>(.*?)</li>", summary, re.DOTALL)] or [f"{page.status_code}"]


@dataclass
class Applicant:
    """One application of one browser."""

    client: Client
    slug: str = "outbound"
    people: int = 2
    address: str = ""
    asked: Values = field(default_factory=dict)

    @property
    def offer(self) -> Offer:
        return offer_of(self.slug)

    @property
    def first_day(self) -> date:
        return clock.today() + timedelta(days=10)

    @property
    def application(self) -> Application:
        found: Application = Application.objects.get(id=self.address.strip("/").split("/")[-1])
        return found

    def begin(self, **more: Any) -> Any:
        offer = self.offer
        sent = {
            "product": offer.slug,
            "version": str(offer.version.id),
            "plan": offer.plans[0].code,
            "start": self.first_day.isoformat(),
            "end": (self.first_day + timedelta(days=7)).isoformat(),
            "adults": str(self.people),
            **({"to": "JP"} if "destinations" in offer.needs.trip else {}),
            **more,
        }
        response = self.client.post("/applications/", {name: value for name, value in sent.items() if value is not None})
        assert response.status_code == 303, wrongs(response)
        self.address = response["Location"].removesuffix("entry/")
        return response

    def page(self, step: str, **more: Any) -> Any:
        return self.client.get(f"{self.address}{step}/", **more)

    def form(self, step: str) -> dict[str, list[str]]:
        response = self.page(step)
        assert response.status_code == 200, (step, response.status_code, response.get("Location"))
        return fields(response).values

    def send(self, step: str, values: Values | None = None, **more: Any) -> Any:
        """What the page holds, changed by these values; None takes a field out."""
        form = {**self.form(step), **(values or {})}
        return self.client.post(f"{self.address}{step}/", {name: value for name, value in form.items() if value is not None}, **more)

    # The road

    def entered(self) -> "Applicant":
        self.begin()
        assert self.send("entry").status_code == 303
        return self

    def tripped(self, **values: Any) -> "Applicant":
        self.entered()
        response = self.send("trip", {**self.trip(), **values})
        assert response.status_code == 303, wrongs(response)
        return self

    def trip(self) -> Values:
        """What else this product asks about the trip."""
        asked = self.offer.needs.trip
        return {
            **({"destinations": "瑞士" if self.slug == "schengen" else "日本"} if "destinations" in asked else {}),
            **({"purpose": "tourism"} if "purpose" in asked else {}),
            **({"words": "海星"} if {"school", "company", "tour_number"} & set(asked) else {}),
        }

    def with_people(self, **values: Any) -> "Applicant":
        self.tripped()
        response = self.send("people", {**self.everybody(), **values})
        assert response.status_code == 303, wrongs(response)
        return self

    def everybody(self, *, kind: str = "") -> Values:
        """Everybody the blank page has room for, with what it asks of each."""
        rows = self.form("people")["row"]
        offer = self.offer
        document = kind or ("id_card" if "id_card" in offer.documents else "passport")
        values = self.person("h", offer.needs.applicant, 0, "id_card", PHONE)
        same = [what for what in offer.needs.insured if what not in offer.needs.applicant and what != "relation"]
        for place, key in enumerate(rows):
            if place == 0:
                values |= self.person(f"p{key}", same, 0, "id_card" if "sex" not in same else document)
            else:
                values |= self.person(f"p{key}", offer.needs.insured, place, document)
        if document == "passport" and "id_card" not in offer.documents:
            values |= self.person("h", offer.needs.applicant, 0, "passport", PHONE)
            if len(offer.documents) == 1:
                values = {name: value for name, value in values.items() if not name.endswith("-kind")}
        return values

    def person(self, prefix: str, asked: Any, serial: int, kind: str, phone: str = "") -> Values:
        born, sex = date(1988, 3, 7) + timedelta(days=serial), Sex.MALE if serial % 2 == 0 else Sex.FEMALE
        offer, told_by_document = self.offer, kind == "id_card"
        answers: Values = {
            "name": {"name": NAMES[serial % len(NAMES)]},
            "passport_name": {"surname": "LIN", "given": GIVEN[serial % len(GIVEN)]},
            "document": {"kind": kind, "number": invented.id_number(born, sex, serial) if told_by_document else invented.passport(serial)},
            "document_expiry": {"ends": (clock.today() + timedelta(days=900)).isoformat()},
            "birth_date": {} if told_by_document else {"born": born.isoformat()},
            "sex": {} if told_by_document else {"sex": sex.value},
            "nationality": {"nationality": "中国"},
            "phone": {"phone": phone or f"1290000{2000 + serial}"},
            "email": {"email": "lin@example.org"},
            "address": {"address": "海星市潮汐路 1 号"},
            "occupation": {"occupation": offer.occupations[0].code if offer.occupations else ""},
            "relation": {"relation": next((one.value for one in offer.relations if one != "self"), "")},
        }
        return {f"{prefix}-{name}": value for what in asked for name, value in answers.get(what, {}).items()}

    def healthy(self) -> "Applicant":
        self.with_people()
        if self.offer.questions:
            names = fields(self.page("health")).names
            response = self.send("health", {name: "no" for name in names if name.startswith("a-")} | {"agrees": "on"})
            assert response.status_code == 303, wrongs(response)
        return self

    def informed(self) -> "Applicant":
        self.healthy()
        for name in ("customer-notice", "application-notice", "exclusions", "clauses"):
            response = self.client.post(f"{self.address}papers/{name}/", fields(self.page(f"papers/{name}"), "end").values)
            assert response.status_code == 303
        return self

    def consenting(self) -> "Applicant":
        self.informed()
        self.agree()
        return self

    def agree(self) -> None:
        names = {name for name in fields(self.page("consents")).names if name not in {"csrfmiddlewaretoken", "K10"}}
        response = self.send("consents", dict.fromkeys(names, "on"))
        assert response.status_code == 303, wrongs(response)


NAMES = ("林知远", "苏晚晴", "顾清和", "沈南乔", "陆星遥")
GIVEN = ("ZHIYUAN", "WANQING", "QINGHE", "NANQIAO", "XINGYAO")
