"""Our words and the gateway's. What cannot be read is a ValueError here and `Unknown` to the house; no text of it goes along."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from besttrav.insurers.port import (
    Absent,
    Beneficiary,
    Cancel,
    Cancelled,
    Declined,
    Document,
    Echo,
    EchoedPerson,
    IdentityKind,
    Insured,
    Issued,
    Outcome,
    Person,
    Relation,
    Sex,
    Submit,
    Unknown,
    Waiting,
)
from besttrav.kernel import period
from besttrav.kernel.clock import BEIJING
from besttrav.kernel.money import Money
from besttrav.providers.insurers.rsa_xml.xml import Tree, many

CERTIFICATES = {
    IdentityKind.ID_CARD: "01",
    IdentityKind.HOUSEHOLD_BOOK: "02",
    IdentityKind.PASSPORT: "03",
    IdentityKind.HK_MACAO_PERMIT: "05",
    IdentityKind.TAIWAN_PERMIT: "06",
    IdentityKind.RESIDENCE_PERMIT: "07",
    IdentityKind.FOREIGN_RESIDENCE_CARD: "08",
    IdentityKind.BIRTH_CERTIFICATE: "09",
    IdentityKind.CREDIT_CODE: "71",
}
_KINDS = {code: kind for kind, code in CERTIFICATES.items()}
RELATIONS = {
    Relation.SELF: "00",
    Relation.SPOUSE: "10",
    Relation.CHILD: "40",
    Relation.PARENT: "50",
    Relation.GRANDPARENT: "51",
    Relation.GRANDCHILD: "41",
    Relation.SIBLING: "60",
    Relation.DEPENDANT: "70",
    Relation.EMPLOYEE: "80",
    Relation.PARTICIPANT: "81",
    Relation.OTHER: "99",
}
_SEXES = {Sex.MALE: "1", Sex.FEMALE: "2"}
_NATURAL, _ORGANISATION = "1", "2"


# Out


def submitting(command: Submit, notify_url: str) -> Tree:
    return {
        "TouBaoDanHao": command.number,
        "ChanPinDaiMa": command.product,
        "JiHuaDaiMa": command.plan,
        "QuYuDaiMa": command.area,
        "QiBaoRiQi": _day(command.period.first_day),
        "ZhongBaoRiQi": _day(command.period.last_day),
        "BaoFei": _yuan(command.premium),
        "TongZhiDiZhi": notify_url,
        "TouBaoRen": _person(command.holder),
        "BeiBaoRenLieBiao": {"BeiBaoRen": [_insured(place, one) for place, one in enumerate(command.insured, start=1)]},
        "XingChengLieBiao": {"XiangMu": [{"MingCheng": name, "ZhiZhi": value} for name, value in command.trip.items()]},
        "QueRenLieBiao": {
            "QueRen": [
                {"WenBen": one.text, "BanBen": one.version, "ShiJian": f"{one.at.astimezone(BEIJING):%Y%m%d%H%M%S}"}
                for one in command.confirmations
            ]
        },
    }


def counts_in_days(command: Submit) -> bool:
    """Whether the period can be said in this dialect, which knows whole days only."""
    return command.period == period.days(command.period.first_day, command.period.last_day)


def cancelling(command: Cancel) -> Tree:
    return {
        "TouBaoDanHao": command.number,
        "YuanTouBaoDanHao": command.submission,
        "BaoDanHao": command.policy_number,
        "TuiBaoYuanYin": command.because,
        "TuiBaoRiQi": _day(command.on),
    }


def _insured(place: int, one: Insured) -> Tree:
    return {
        "XuHao": str(place),
        **_person(one.person),
        "GuanXi": RELATIONS[one.relation],
        "BaoFei": _yuan(one.premium),
        "ZhiYe": one.occupation,
        "ZhiYeLeiBie": "" if one.occupation_class is None else str(one.occupation_class),
        "ZeRenLieBiao": {"ZeRen": [{"DaiMa": code, "BaoE": _yuan(amount)} for code, amount in one.sums.items()]},
        "ShouYiRenLieBiao": {"ShouYiRen": [_beneficiary(other) for other in one.beneficiaries]},
        "GaoZhiLieBiao": {"GaoZhi": [{"BianHao": code, "DaAn": answer} for code, answer in one.answers.items()]},
    }


def _beneficiary(one: Beneficiary) -> Tree:
    return _person(one.person) | {"GuanXi": RELATIONS[one.relation], "ShunXu": str(one.order), "BiLi": str(one.share)}


def _person(one: Person) -> dict[str, Any]:
    values = {
        "KeHuLeiXing": _ORGANISATION if one.identity.kind is IdentityKind.CREDIT_CODE else _NATURAL,
        "XingMing": one.name,
        "PinYin": one.passport_name,
        "ZhengJianLeiXing": CERTIFICATES[one.identity.kind],
        "ZhengJianHao": one.identity.number,
        "YouXiaoQi": _day(one.identity.valid_until) if one.identity.valid_until else "",
        "ShengRi": _day(one.birth_date) if one.birth_date else "",
        "XingBie": _SEXES[one.sex] if one.sex else "",
        "GuoJi": one.nationality,
        "ShouJi": one.phone,
        "YouXiang": one.email,
        "DiZhi": one.address,
        "LianXiRen": one.contact,
    }
    return {name: value for name, value in values.items() if value}


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def _yuan(amount: Money) -> str:
    """Never through a binary fraction: 12.30 is written from 1230."""
    return f"{amount.fen // 100}.{amount.fen % 100:02}"


# In


def outcome(body: Mapping[str, Any]) -> Outcome:
    """What an answer to any call says about our submission. Raises ValueError for what no reader could understand."""
    code = _text(body, "FanHuiMa")
    if code in ("1001", "1002"):
        return Waiting()
    if code == "4004":
        return Absent()
    if code == "0000":
        return _of_policy(body)
    if re.fullmatch(r"2\d{3}", code):
        return Declined(f"code.{code}")
    return Unknown("number_used_before" if code == "4009" else f"code.{_short(code)}")


def _of_policy(body: Mapping[str, Any]) -> Outcome:
    match _text(body, "ZhuangTai"):
        case "1":
            return Waiting()
        case "2":
            return Issued(policy_number=_text(body, "BaoDanHao", longest=64), premium=_money(body, "BaoFei"), echo=_echo(body))
        case "3":
            return Declined(f"code.{_short(_text(body, 'JuBaoMa'))}")
        case "4":
            refund = _money(body, "TuiFei") if body.get("TuiFei") else None
            return Cancelled(policy_number=_text(body, "BaoDanHao", longest=64), refund=refund)
    raise ValueError


def _echo(body: Mapping[str, Any]) -> Echo:
    return Echo(
        product=_text(body, "ChanPinDaiMa"),
        plan=_text(body, "JiHuaDaiMa"),
        area=_text(body, "QuYuDaiMa"),
        period=period.days(_date(body, "QiBaoRiQi"), _date(body, "ZhongBaoRiQi")),
        holder=_echoed(_tree(body, "TouBaoRen")),
        insured=tuple(_echoed(one) for one in many(body.get("BeiBaoRenLieBiao"), "BeiBaoRen")),
    )


def _echoed(one: Mapping[str, Any]) -> EchoedPerson:
    lines = many(one.get("ZeRenLieBiao"), "ZeRen")
    return EchoedPerson(
        name=_text(one, "XingMing"),
        identity_kind=_KINDS.get(_text(one, "ZhengJianLeiXing")),
        identity_number=_text(one, "ZhengJianHao"),
        passport_name=_text(one, "PinYin") if "PinYin" in one else None,
        birth_date=_date(one, "ShengRi") if one.get("ShengRi") else None,
        sums={_text(line, "DaiMa"): _money(line, "BaoE") for line in lines} if "ZeRenLieBiao" in one else None,
    )


def document(body: Mapping[str, Any]) -> Document | Waiting | Absent | Unknown:
    """The e-policy out of its answer, if it has the digest that stands beside it."""
    match _text(body, "FanHuiMa"):
        case "0000":
            content = base64.b64decode(_text(body, "WenJianNeiRong", longest=12_000_000), validate=True)
            if not hmac.compare_digest(hashlib.sha256(content).hexdigest(), _text(body, "WenJianZhaiYao")):
                return Unknown("broken_on_the_way")
            return Document(content)
        case "1002":
            return Waiting()
        case "4004":
            return Absent()
        case code:
            return Unknown(f"code.{_short(code)}")


def _text(tree: Mapping[str, Any], name: str, *, longest: int = 500) -> str:
    value = tree.get(name)
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError
    return value


def _tree(tree: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = tree.get(name)
    if not isinstance(value, dict):
        raise ValueError
    return value


def _date(tree: Mapping[str, Any], name: str) -> date:
    text = _text(tree, name)
    if not re.fullmatch(r"[0-9]{8}", text):
        raise ValueError
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=BEIJING).date()


def _money(tree: Mapping[str, Any], name: str) -> Money:
    found = re.fullmatch(r"([0-9]{1,12})\.([0-9]{2})", _text(tree, name))
    if not found:
        raise ValueError
    return Money(int(found[1]) * 100 + int(found[2]))


def _short(text: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in text.lower())[:40] or "no_code"
