"""Facts of invented papers, to be changed where a test wants."""

import struct
import zlib
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings

from besttrav.kernel.money import Money
from besttrav.policies import verification
from besttrav.policies.checking import Sold, SoldBenefit, SoldPerson
from besttrav.policies.papers.application_copy import (
    Answer,
    ApplicationCopy,
    Confirmation,
    Cover,
    Fact,
    Insured,
    Person,
    PremiumLine,
    Signature,
)
from besttrav.policies.papers.certificate import Benefit, Certificate, Rate, Traveller
from besttrav.policies.papers.words import Both, Broker

AT = datetime(2026, 11, 22, 2, 37, 5, tzinfo=UTC)
SECRET = bytes(range(7, 23))
PEOPLE = [
    ("周予宁", "ZHOU, YUNING"),
    ("林素云", "LIN, SUYUN"),
    ("陆知夏", "LU, ZHIXIA"),
    ("王𠮷𬭎", "WANG, JIHONG"),
    ("欧阳㛃䶮", "OUYANG, JIEYAN"),
]


def person(place: int) -> tuple[str, str, str]:
    """Name, Latin name and passport number of the n-th of as many people as wanted; all numbers differ, names come again."""
    name, latin = PEOPLE[place % len(PEOPLE)]
    return name, latin, f"EA{1234567 + place:07}"


def certificate_facts(people: int = 2, **changes: Any) -> Certificate:
    travellers = tuple(
        Traveller(name=name, name_latin=latin, passport=number, birth_date=date(1988, 2, 3), medical=Money(30_000_000))
        for name, latin, number in map(person, range(people))
    )
    facts: dict[str, Any] = {
        "policy_number": "PX20261122000123",
        "issued_on": date(2026, 11, 22),
        "insurer": Both(en="Hean Property & Casualty Insurance Co., Ltd", zh="禾岸财产保险股份有限公司"),
        "product": Both(en="Schengen Travel Insurance", zh="申根旅行保险"),
        "plan": Both(en="Plan Two", zh="计划二"),
        "holder": Both(en="ZHOU, YUNING", zh="周予宁"),
        "travellers": travellers,
        "first_day": date(2026, 12, 1),
        "last_day": date(2026, 12, 18),
        "territory": Both(en="Europe", zh="欧洲"),
        "covers_all_schengen_states": True,
        "repatriation": Money(100_000_000),
        "benefits": (
            Benefit(name=Both(en="Accidental death and disability", zh="意外身故与伤残"), sum=Money(30_000_000)),
            Benefit(name=Both(en="Travel delay", zh="旅行延误"), sum=Money(100_000)),
        ),
        "deductible": Money(0),
        "rate": Rate(fen=812, on=date(2026, 11, 20), source="central parity of the People’s Bank of China"),
        "emergency_number": "+86 400-000-0000",
        "emergency_note": "English and Chinese",
        "broker": Broker.of(settings.OPERATOR),
        "verification_address": f"https://besttrav.example/verify/{verification.token_of(SECRET)}/",
        "verification_code": verification.code_of(SECRET),
    }
    return Certificate(**facts | changes)


def application_facts(people: int = 2, **changes: Any) -> ApplicationCopy:
    insured = tuple(
        Insured(
            name=name,
            name_latin=latin,
            document="护照",
            number=number,
            birth_date=date(1988, 2, 3),
            sex="女",
            relation="本人",
            premium=Money(22_050),
        )
        for name, latin, number in map(person, range(people))
    )
    read = Confirmation(
        title="申根旅行保险条款",
        version="2024 版",
        digest="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        confirmed_at=AT,
    )
    facts: dict[str, Any] = {
        "application_number": "AP26482177350193",
        "order_number": "OR26112200478155",
        "submitted_at": AT,
        "insurer": "禾岸财产保险股份有限公司",
        "product": "申根旅行保险",
        "filing": "(禾岸财险)(备-普通意外)〔2024〕主 012 号",
        "plan": "计划二",
        "first_day": date(2026, 12, 1),
        "last_day": date(2026, 12, 18),
        "trip": (Fact(label="目的地", value="法国、意大利"),),
        "holder": Person(role="姓名", name="周予宁", facts=(Fact(label="手机号码", value="12300000001"), Fact(label="电子邮箱", value=""))),
        "insured": insured,
        "beneficiaries": (Person(role="受益人", name="林素云", facts=(Fact(label="份额", value="100 %"),)),),
        "statutory_beneficiaries": False,
        "covers": (Cover(name="医疗费用", sum="300,000 元"),),
        "premium_lines": (
            PremiumLine(name="基本保费", amount=Money(22_500 * people)),
            PremiumLine(name="优惠", amount=Money(-450 * people)),
        ),
        "premium": Money(22_050 * people),
        "answers": (Answer(about="周予宁", question="过去两年内是否住院治疗？", answer="否"),),
        "documents": (read,),
        "consents": (Confirmation(title="处理身份证件信息", version="2026-12", digest="2c26b46b68ffc68f" * 4, confirmed_at=AT),),
        "signature": Signature(signer="周予宁", signed_at=AT, drawn=drawing()),
        "broker": Broker.of(settings.OPERATOR),
        "verification_address": f"https://besttrav.example/verify/{verification.token_of(SECRET)}/",
        "verification_code": verification.code_of(SECRET),
    }
    return ApplicationCopy(**facts | changes)


def drawing(width: int = 120, height: int = 40) -> bytes:
    """A stroke as PNG."""
    rows = b"".join(b"\0" + bytes(0 if abs(across - 3 * down) < 3 else 255 for across in range(width)) for down in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def insurers_policy(people: int = 2, code: str = "hean", **changes: Any) -> dict[str, Any]:
    """What an insurer's simulator sets as an e-policy: the first insured person is the policyholder."""
    insured = [
        {
            "role": "insured",
            "name": name,
            "name_latin": latin,
            "document": "护照",
            "number": number,
            "birth_date": "1988-02-03",
            "sex": "F",
            "relation": "本人",
        }
        for name, latin, number in map(person, range(people))
    ]
    return {
        "number": "PX20261122000123",
        "insurer": {
            "zh": "禾岸财产保险股份有限公司",
            "en": "Hean Property & Casualty Insurance Co., Ltd",
            "code": code,
            "hotline": "400-000-0000",
        },
        "product": {
            "zh": "申根旅行保险",
            "en": "Schengen Travel Insurance",
            "clause": "旅行保险条款（2024 版）",
            "filing": "(禾岸财险)(备-普通意外)〔2024〕主 012 号",
        },
        "plan": {"zh": "计划二", "en": "Plan Two"},
        "period": {"start": "2026-12-01", "end": "2026-12-18"},
        "premium_fen": 22_050 * people,
        "people": [{**insured[0], "role": "holder"}, *insured],
        "benefits": [
            {"zh": "医疗费用", "en": "Medical expenses", "sum": 30_000_000},
            {"zh": "意外身故与伤残", "en": "Accidental death and disability", "sum": 30_000_000},
            {"zh": "旅行延误（每满 5 小时 300 元）", "en": "Travel delay", "sum": 100_000},
        ],
        "area": {"zh": "欧洲", "en": "Europe"},
        "issued_at": "2026-11-22T10:37:05+08:00",
        **changes,
    }


def sold_as(policy: dict[str, Any]) -> Sold:
    """What we had sold when an insurer sets this policy without a fault."""
    return Sold(
        number=policy["number"],
        people=tuple(SoldPerson(name=one["name"], document_number=one["number"]) for one in policy["people"] if one["role"] == "insured"),
        product=policy["product"]["zh"],
        plan=policy["plan"]["zh"],
        first_day=date.fromisoformat(policy["period"]["start"]),
        last_day=date.fromisoformat(policy["period"]["end"]),
        benefits=tuple(SoldBenefit(name=one["zh"], sum=Money(one["sum"])) for one in policy["benefits"]),
        premium=Money(policy["premium_fen"]),
    )
