"""A person whose every word is known only from here: what is found of them anywhere else was leaked by us.

Acts for child processes, played one after the other in one house. Nothing is listed by hand: models and fields come from the declarations,
pages from the addresses, jobs from the queue's own register.
"""

import copy
import json
import logging.config
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from procrastinate.contrib.django import app

from besttrav.catalogue.models import ProductVersion
from besttrav.insurers.models import Exchange
from besttrav.kernel import clock, ids, jobs
from besttrav.kernel.actors import Actor
from besttrav.kernel.keys import KeyGone, SealBroken
from besttrav.kernel.registry import forget_providers
from besttrav.people.bonds import Bound
from besttrav.people.cookies import CUSTOMER_COOKIE, STAFF_COOKIE
from besttrav.people.models import Account
from besttrav.policies.models import Policy, PolicyDocument
from besttrav.policies.operations.people import Person
from besttrav.privacy import erasing, files
from besttrav.privacy.crypto.suites import Damaged
from besttrav.privacy.fields import PersonalField, SheetField, declared_fields, fields_of, personal_models
from besttrav.privacy.kinds import Kind
from besttrav.privacy.models import Sharing
from besttrav.privacy.vault import secrets, store
from besttrav.privacy.vault.models import Clock, Epoch, MarkDigest, Sheet, SheetKey, SheetState
from besttrav.sales.evidence import Seen
from besttrav.sales.models import Order
from besttrav.sales.operations import papers, submitting
from besttrav.sales.operations.submitting import Signature
from tests import invented
from tests.carrier import CarrierSimulator, running_carrier
from tests.cashiers import Cashier, running_cashiers
from tests.catalogue.shelf import stock
from tests.insurance import CODES, InsurerSimulators, running_insurers
from tests.jobs import run_due_jobs
from tests.sales.shop import Shop
from tests.world import World

PHONE, NEXT_PHONE, STRANGER = "12931415926", "12953589793", "12900006666"
# The three of the purchase: who buys and is insured, who is insured as well, who is paid.
BOUGHT_NAMES = ("金丝雀甲", "金丝雀乙", "金丝雀丙")
BOUGHT_PHONES = ("12971828181", "12971828182", "12971828183")
BOUGHT_NUMBERS = tuple(invented.id_number(born, serial=77) for born in (date(1988, 3, 7), date(1990, 7, 21), date(1961, 1, 5)))


def book() -> Path:
    """What was put where, for the test to look for."""
    return Path(settings.ERASURE_LEDGER).parent.parent / "canary.json"


def settle() -> dict[str, str]:
    """A row of every model that declares personal data, with a canary in every field. Returns each by the field's tag."""
    placed: dict[str, str] = {}
    stock()
    with transaction.atomic():
        for model in personal_models():
            _row_of(model, placed)
    book().write_text(json.dumps(placed))
    assert set(placed) == {field.tag for field in declared_fields()}, "a declared field got no canary"
    return placed


def _row_of(model: type[models.Model], placed: dict[str, str]) -> models.Model:
    values: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if isinstance(field, SheetField):
            values[field.name] = files.open_sheet(keep=_keep(model, field)).id
        elif isinstance(field, PersonalField):
            values[field.name] = placed[field.tag] = _canary(field)
        elif not field.null and not field.has_default() and not field.primary_key:
            values[field.name] = _filling(field, placed)
    values |= _needed_besides(model, placed)
    row = model(**values)
    if isinstance(row, Bound):
        row.bind()
    row.save(force_insert=True)
    return row


def _keep(model: type[models.Model], group: SheetField) -> Any:
    return next(field.keep for field in fields_of(model) if field.of == group.attname)


def _canary(field: PersonalField) -> str:
    number = sorted(each.tag for each in declared_fields()).index(field.tag)
    if field.kind is Kind.PHONE:
        return f"1297182{8000 + number}"
    return f"kanarie{number:03d}金丝雀{number:03d}"


def _filling(field: "models.Field[Any, Any]", placed: dict[str, str]) -> Any:
    """Anything that fits a column that is not personal."""
    if isinstance(field, models.ForeignKey):
        return _any_version() if field.related_model is ProductVersion else _row_of(field.related_model, placed)
    if isinstance(field, models.UUIDField):
        return ids.new_id()
    if isinstance(field, models.DateTimeField):
        return clock.now()
    if isinstance(field, models.DateField):
        return clock.today()
    if isinstance(field, models.IntegerField):
        return 1
    if isinstance(field, models.BinaryField):
        return ids.new_id().bytes
    return field.choices[0][0] if field.choices else ids.new_id().hex[-(field.max_length or 32) :][:12]


def _needed_besides(model: type[models.Model], placed: dict[str, str]) -> dict[str, Any]:
    """What the database asks for beyond single columns."""
    if model._meta.label == "people.Session":
        return {"account": Account.objects.order_by("id").first() or _row_of(Account, placed)}
    if model._meta.label == "contact.Message":
        return {"state": "sent"}  # The carrier would not understand a canary.
    if model._meta.label == "invoices.Invoice":
        return _invoiced()
    if model._meta.label == "policies.Party":
        return {"is_holder": True}
    if model._meta.label == "policies.Policy":
        return _issued()
    return {}


def _any_version() -> ProductVersion:
    found = ProductVersion.objects.order_by("id").first()
    assert found
    return found


def _issued() -> dict[str, Any]:
    """Contract and number of a policy that an insurer issued, as far as the books say."""
    issued = Exchange.objects.create(
        kind="submit",
        contract=ids.new_id(),
        version=1,
        number=ids.new_id().hex,
        insurer="heyan",
        state="ok",
        policy_number=ids.new_id().hex,
        amount_fen=1,
        tries=1,
        deadline_at=clock.now(),
    )
    return {"contract": issued.contract, "insurer": issued.insurer, "number": issued.policy_number}


def _invoiced() -> dict[str, Any]:
    """An invoice that is there, and the permit it left on."""
    invoice = ids.new_id()
    Sharing.objects.create(
        subject=ids.new_id(), recipient="insurer", recipient_name="heyan", purpose="invoice", basis="law", fields=[], about=invoice
    )
    return {"id": invoice, "state": "ok", "official_number": invoice.hex[:20]}


def walk() -> dict[str, Any]:
    """The canary signs up, changes their number, is looked at by staff; everybody asks for every page; every job runs."""
    _write_everything_down()
    with _wired() as carrier:
        world = World(carrier)
        walker = Walker(world)
        walker.live()
        visited = walker.visit_every_page()
        ran = run_every_job()
        others = carrier.texts(STRANGER) + [page.decode(errors="replace") for page in walker.seen_by_others]
    leaked = [phone for phone in (PHONE, NEXT_PHONE) for text in others if phone in text]
    return {"visited": visited, "jobs": ran, "leaked": leaked, "subject": str(walker.subject), "others": len(others)}


def buy() -> dict[str, Any]:
    """The canary buys, with somebody else in the contract and a third person to be paid, and answers questions about health."""
    _write_everything_down()
    with _wired() as carrier, running_cashiers() as cashiers, running_insurers() as insurers:
        _wire_sale(cashiers, insurers)
        shop = Shop(World(carrier), cashiers, insurers)
        order = _bought(shop)
        policy = Policy.objects.get(contract=order.application.contract)
        for kind, language in papers.offered(policy):
            papers.made(policy=policy, kind=kind, language=language)
        paid = cashiers["wechat"].books()["trades"]
        others = carrier.texts(BOUGHT_PHONES[1])
        for cashier in cashiers.values():
            shutil.copytree(cashier.state, Path(settings.ERASURE_LEDGER).parent.parent / "cashiers" / cashier.name)
        run_every_job()
    seen = [text for text in others if any(word in text for word in (BOUGHT_NAMES[0], BOUGHT_PHONES[0], *BOUGHT_NUMBERS))]
    left = Sharing.objects.filter(about=Exchange.objects.get(contract=order.application.contract, kind="submit").id)
    return {
        "state": order.state,
        "paid": len(paid),
        "papers": sorted({paper.kind for paper in PolicyDocument.objects.filter(policy__contract=order.application.contract)}),
        "shared": sorted({tag for row in left for tag in row.fields}),
        "people": left.values("subject").distinct().count(),
        "others": len(others),
        "leaked": len(seen),
    }


def _bought(shop: Shop) -> Order:
    offer = shop.offer("annual-accident")
    office = next(one.code for one in offer.occupations if one.number == 1)
    born = (date(1988, 3, 7), date(1990, 7, 21), date(1961, 1, 5))
    plain = [
        Person(
            name=BOUGHT_NAMES[place],
            identity_kind="id_card",
            identity_number=BOUGHT_NUMBERS[place],
            birth_date=born[place],
            sex="female",
            phone=BOUGHT_PHONES[place],
            email=f"kanarie{place}@example.org",
            address=f"金丝雀路 {place} 号",
            occupation=office,
        )
        for place in range(3)
    ]
    people = [
        replace(plain[0], is_holder=True, is_insured=True, relation="self"),
        replace(plain[1], is_insured=True, relation="spouse"),
        replace(plain[2], beneficiary_of=0, share=100, share_order=1, relation="parent"),
    ]
    application = shop.proved(
        shop.filled(offer.slug, people=people, is_annual=True, last_day=None, destinations=("CN",), trip_words="金丝雀旅行团"),
        phone=f"+86{BOUGHT_PHONES[0]}",
    )
    submitted = submitting.submit(
        application=application,
        revision=application.revision,
        offer=offer,
        signature=Signature(name=BOUGHT_NAMES[0]),
        actor=Actor.visitor(),
        seen=Seen("confirmation"),
    )
    assert submitted.order
    shop.paid(submitted.order)
    shop.work()
    submitted.order.refresh_from_db()
    return submitted.order


def _wire_sale(cashiers: dict[str, Cashier], insurers: InsurerSimulators) -> None:
    options = {name: cashier.options for name, cashier in cashiers.items()}
    options |= {f"insurer:{code}": insurers.options(code) for code in CODES}
    for name, wanted in options.items():
        settings.PROVIDERS[name]["options"] |= wanted
        settings.OUTGOING_ALLOWED = [*settings.OUTGOING_ALLOWED, wanted["address"].removeprefix("http://")]
    settings.INSURER_CERTIFICATES = str(insurers.folder / "*" / "papers" / "{insurer}" / "root.pem")
    forget_providers()


@contextmanager
def _wired() -> Iterator[CarrierSimulator]:
    """The product talks to a carrier of this process's own; numbers of nobody count as mobiles."""
    with running_carrier() as carrier:
        settings.INVENTED_PHONES = "12"
        settings.OUTGOING_ALLOWED = [carrier.address.removeprefix("http://")]
        settings.PROVIDERS["carrier"]["options"]["address"] = carrier.address
        settings.ALLOWED_HOSTS = ["testserver"]
        plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # Nobody looks at the styles.
        settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
        forget_providers()
        yield carrier


def _write_everything_down() -> None:
    """Log as a deployment does that asks for everything: BESTTRAV_LOG_LEVEL=DEBUG."""
    talkative: dict[str, Any] = copy.deepcopy(settings.LOGGING)
    talkative["root"]["level"] = talkative["loggers"]["django"]["level"] = "DEBUG"
    logging.config.dictConfig(talkative)


class Walker:
    """The canary, a stranger and a clerk, each with a browser."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seen_by_others: list[bytes] = []

    def live(self) -> None:
        self.canary = self._signed_in(PHONE)
        self.subject = Account.objects.order_by("-id").values_list("subject", flat=True)[0]
        asked = self.canary.post("/my/profile/phone/", {"phone": NEXT_PHONE}, follow=True)
        self.world.deliver()
        if asked.redirect_chain:
            self.canary.post(asked.redirect_chain[-1][0], {"code": self.world.carrier.code(NEXT_PHONE)})
        self.stranger = self._signed_in(STRANGER)
        self.clerk = Client()
        self.clerk.cookies[STAFF_COOKIE] = self.world.service_agent.token
        for phone in (PHONE, NEXT_PHONE):
            self.clerk.post("/staff/people/", {"phone": phone}, follow=True)
        wanted = {"fields_wanted": ["people.account.phone"], "purpose": "serve", "reference": "TK-2026-0042"}
        self.clerk.post(f"/staff/people/{self.subject}/openings/", wanted)

    def _signed_in(self, phone: str) -> Client:
        client = Client(raise_request_exception=False, HTTP_USER_AGENT=f"kanarie{phone}")
        asked = client.post("/sign-in/", {"phone": phone})
        self.world.deliver()
        entered = client.post(asked["Location"], {"code": self.world.carrier.code(f"+86{phone}")})
        if "/account/" in entered["Location"]:
            entered = client.post(entered["Location"], {"agrees": "on"})
        assert CUSTOMER_COOKIE in client.cookies
        return client

    def visit_every_page(self) -> dict[str, int]:
        """Each address, by everybody, read and sent an empty form, but for what ends the visit itself."""
        visited: dict[str, int] = {}
        for address in sorted(addresses(self.subject)):
            for client, is_other in ((self.canary, False), (self.stranger, True), (self.clerk, False), (Client(), True)):
                for ask in (client.get, client.post) if "ending" not in address and "sign-out" not in address else (client.get,):
                    answer = ask(address)
                    assert answer.status_code < 500, f"{address} broke"
                    visited[address] = visited.get(address, 0) + 1
                    if is_other and not answer.streaming:
                        self.seen_by_others.append(answer.content)
        return visited


def addresses(subject: UUID) -> Iterator[str]:
    """Every address there is, with something fitting in its gaps."""
    account = Account.objects.get(subject=subject)
    gaps = {"subject": str(subject), "session_id": str(account.sessions.order_by("id").values_list("id", flat=True)[0])}
    for address in _addresses(get_resolver()):
        yield "/" + _filled(address, gaps)


def _addresses(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern, before + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield before + str(pattern.pattern)


def _filled(address: str, gaps: dict[str, str]) -> str:
    while "<" in address:
        before, _, rest = address.partition("<")
        gap, _, after = rest.partition(">")
        kind, _, name = gap.rpartition(":")
        address = (
            before
            + gaps.get(name, str(ids.new_id()) if kind == "uuid" else {"model": "people.account", "code": "K01"}.get(name, "1"))
            + after
        )
    return address


def run_every_job() -> list[str]:
    """What is waiting, then every job that runs by the clock, but the backup, which the test makes itself."""
    run_due_jobs()
    ran = []
    for periodic in app.periodic_registry.periodic_tasks.values():
        if periodic.task.name != "privacy.turn_epoch":
            periodic.task(timestamp=int(clock.now().timestamp()))
            ran.append(periodic.task.name)
    run_due_jobs()
    return sorted(ran)


# What a thief of copies has.


def collect() -> dict[str, list[list[Any]]]:
    """Every wrapped key, mark and epoch of the vault now, as any copy of it holds them."""
    return {
        "epochs": [[e.number, e.provider_key, bytes(e.secret).hex(), bytes(e.pepper).hex()] for e in Epoch.objects.exclude(state="ended")],
        "keys": [[key.epoch, str(key.sheet), bytes(key.wrapped).hex()] for key in SheetKey.objects.all()],
        "marks": [[mark.epoch, str(mark.mark), bytes(mark.digest).hex(), bytes(mark.sealed).hex()] for mark in MarkDigest.objects.all()],
    }


def opened(collected: str) -> dict[str, int]:
    """How many of the collected epochs, keys and marks open or match with any key that is still held."""
    copies = json.loads(Path(collected).read_text())
    held = list(_held(copies["epochs"]))
    texts = list(json.loads(book().read_text()).items())
    return {
        "epochs": len([epoch for epoch in held if [epoch.number, epoch.provider_key] in [row[:2] for row in copies["epochs"]]]),
        "keys": sum(_opens(held, "keys", UUID(sheet).bytes, bytes.fromhex(wrapped)) for _, sheet, wrapped in copies["keys"]),
        "marks": sum(_opens(held, "marks", UUID(mark).bytes, bytes.fromhex(sealed)) for _, mark, _, sealed in copies["marks"]),
        "matches": len({row[2] for row in copies["marks"]} & {epoch.digest(h).hex() for epoch in held for h in _hashes(epoch, texts)}),
    }


def _held(epochs: Iterable[list[Any]]) -> Iterator[secrets.EpochSecrets]:
    """The secrets of the collected epochs, as far as the key service still opens them, and of those alive today."""
    yield from store.living_epochs()
    for number, provider_key, secret, pepper in epochs:
        for reference in {provider_key, *secrets.key_service().references()}:
            try:
                yield secrets.open_at_service(number, reference, bytes.fromhex(secret), bytes.fromhex(pepper))
            except (KeyGone, SealBroken):
                pass


def _hashes(epoch: secrets.EpochSecrets, texts: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    kinds = {field.tag: field.kind for field in declared_fields()}
    for tag, text in texts:
        yield epoch.hash(tag, kinds[tag].clean(text))
    for phone in (PHONE, NEXT_PHONE):
        yield epoch.hash("people.account.phone", Kind.PHONE.clean(phone))


def _opens(held: Iterable[secrets.EpochSecrets], what: str, place: bytes, sealed: bytes) -> bool:
    for epoch in held:
        try:
            getattr(epoch, what).open(sealed, place)
        except Damaged:
            continue
        return True
    return False


def hashes() -> list[str]:
    """What the record must not hold: keyed hashes of the canaries under every key this process knows."""
    texts = list(json.loads(book().read_text()).items())
    return [found.hex() for epoch in store.living_epochs() for h in _hashes(epoch, texts) for found in (h, epoch.digest(h))]


def forget() -> dict[str, int]:
    """Everybody asks to be erased, and for what the law keeps the time runs out."""
    for subject in Sheet.objects.values_list("subject", flat=True).distinct():
        try:
            erasing.erase(subject=subject, actor=_themselves(subject), because="asked")
        except erasing.NothingToErase:
            pass
    for sheet in Sheet.objects.exclude(state=SheetState.SHREDDED):
        defaults = {"started_on": date(2000, 1, 1), "ends_on": clock.today() - timedelta(days=1)}
        Clock.objects.filter(file_id=sheet.file_id).delete()
        Clock.objects.update_or_create(file_id=sheet.file_id, keep="LOG", defaults=defaults)
    while erasing.sweep():
        pass
    jobs.retry_stalled(silent_for=0)
    run_due_jobs()
    return {
        "left": Sheet.objects.exclude(state=SheetState.SHREDDED).count(),
        "erased": Sheet.objects.filter(state=SheetState.SHREDDED).count(),
    }


def _themselves(subject: UUID) -> Actor:
    return Actor.person(id=subject, subject=subject)


ACTS = {f"canary_{act.__name__}": act for act in (settle, buy, walk, collect, opened, hashes, forget)}
