"""An e-policy from a dictionary, and the ways in which one may be wrong."""

import io
import json
from copy import deepcopy
from datetime import date, datetime, timedelta
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import segno
import typst

from simulators.paper import signing

Policy = dict[str, Any]

TEMPLATE = Path(__file__).with_name("epolicy.typ")
ROLES = {"holder", "insured", "beneficiary"}
# What an insurer may get wrong, for faults by script. The first change one field; of the others see signing.py.
FIELD_FAULTS = ("number", "name", "document", "swapped", "product", "plan", "start", "end", "sum", "premium")
FAULTS = ("", *FIELD_FAULTS, *signing.FAULTS)

DEFAULT_PROVISIONS = (
    "未满十周岁的被保险人，各保险合同约定的身故保险金之和不超过人民币二十万元；已满十周岁未满十八周岁的，不超过人民币五十万元。",
    "保险期间以北京时间为准，自起始日零时起，至终止日二十四时止。",
    "投保人已就各被保险人的如实告知义务、责任免除及退保规则作出确认。",
)
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_UNITS = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿")
_one_at_a_time = Lock()


class Unprintable(Exception):
    """A character of the policy is in no font of the insurer's."""


def epolicy(policy: Policy, folder: Path, *, fault: str = "") -> bytes:
    """The signed PDF of a policy. The insurer's keys lie in `folder`, and are made there when it has none.

    Keys of `policy`: number; insurer {zh, en, code, hotline}; product {zh, en, clause, filing}; plan {zh, en}; period {start, end} as ISO
    dates, both included; premium_fen; people [{role, name, name_latin, document, number, birth_date, sex, relation}] with a role of holder,
    insured or beneficiary; benefits [{zh, en, sum}] with a sum in fen, or as it is to be printed; area {zh, en}; issued_at as ISO moment;
    and, if wanted, special [texts] and verify, the address of the insurer's page. `fault` is one of FAULTS.
    """
    if fault not in FAULTS:
        raise ValueError(f"there is no fault {fault!r}; there are {', '.join(FAULTS[1:])}")
    if unknown := {person["role"] for person in policy["people"]} - ROLES:
        raise ValueError(f"there is no role {', '.join(sorted(unknown))}")
    if fault in FIELD_FAULTS:
        policy = _wrong(policy, fault)
    return signing.signed(_set(policy), folder, insurer=policy["insurer"], fault=fault if fault in signing.FAULTS else "")


def _set(policy: Policy) -> bytes:
    moment = datetime.fromisoformat(policy["issued_at"])
    try:
        with _one_at_a_time:
            paper = _compiler().compile(
                format="pdf",
                pdf_standards="a-2b",
                sys_inputs={"data": json.dumps(_data(policy), ensure_ascii=False)},
                timestamp=int(moment.timestamp()),
            )
    except typst.TypstError as error:
        if "could not be displayed" in error.message:
            raise Unprintable from None
        raise
    assert isinstance(paper, bytes)
    return paper


@cache
def _compiler() -> typst.Compiler:
    wheel = find_spec("justmytype_intl_cjk")
    assert wheel is not None
    assert wheel.origin is not None
    return typst.Compiler(TEMPLATE, root=TEMPLATE.parent, font_paths=[Path(wheel.origin).parent / "fonts"], ignore_system_fonts=True)


def _data(policy: Policy) -> Policy:
    start, end = (date.fromisoformat(policy["period"][name]) for name in ("start", "end"))
    by_role = {role: [_person(one) for one in policy["people"] if one["role"] == role] for role in sorted(ROLES)}
    verify = policy.get("verify", f"https://{policy['insurer']['code'].lower()}.example/verify")
    return {
        **{name: policy[name] for name in ("number", "insurer", "product", "plan", "area")},
        "start": f"{start.year}年{start.month:02}月{start.day:02}日",
        "end": f"{end.year}年{end.month:02}月{end.day:02}日",
        "start_en": f"{start:%Y-%m-%d}",
        "end_en": f"{end:%Y-%m-%d}",
        "days": (end - start).days + 1,
        "holder": by_role["holder"],
        "insured": by_role["insured"],
        "beneficiaries": by_role["beneficiary"],
        "benefits": [{**one, "sum": _sum(one["sum"])} for one in policy["benefits"]],
        "premium": _yuan(policy["premium_fen"]),
        "premium_in_words": in_words(policy["premium_fen"]),
        "issued_at": f"{datetime.fromisoformat(policy['issued_at']):%Y-%m-%d %H:%M:%S}",
        "special": list(policy.get("special") or DEFAULT_PROVISIONS),
        "verify": verify,
        "qr": _qr(f"{verify}?policy={policy['number']}"),
        "even": sum(policy["insurer"]["code"].encode()) % 2 == 0,
    }


def _person(one: Policy) -> dict[str, str]:
    fields = ("name", "name_latin", "document", "number", "birth_date", "relation")
    return {**{field: str(one.get(field) or "") for field in fields}, "sex": {"M": "男", "F": "女"}.get(one.get("sex", ""), "")}


def _sum(value: int | str) -> str:
    return value if isinstance(value, str) else _yuan(value)


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02}"


def in_words(fen: int) -> str:
    """An amount as Chinese papers write it in full: 贰佰贰拾元伍角整."""
    yuan, jiao, cent = fen // 100, fen // 10 % 10, fen % 10
    words = (_whole_in_words(yuan) + "元") if yuan else ""
    if jiao:
        words += _DIGITS[jiao] + "角"
    if cent:
        words += (_DIGITS[0] if yuan and not jiao else "") + _DIGITS[cent] + "分"
    return (words or "零元") + ("" if cent else "整")


def _whole_in_words(number: int) -> str:
    words, pending = "", False
    groups = [number // 10_000**place % 10_000 for place in range(len(_GROUPS))]
    for place in range(len(_GROUPS) - 1, -1, -1):
        group = groups[place]
        for power in (3, 2, 1, 0):
            digit = group // 10**power % 10
            if digit:
                words += (_DIGITS[0] if pending and words else "") + _DIGITS[digit] + _UNITS[power]
            pending = not digit
        if group:
            words += _GROUPS[place]
    return words


def _qr(address: str) -> str:
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn, kind="svg", border=1, xmldecl=False, svgclass=None, lineclass=None, omitsize=True
    )
    return drawn.getvalue().decode("utf-8")


def _wrong(policy: Policy, fault: str) -> Policy:
    """The policy with one field that differs from what was ordered."""
    changed = deepcopy(policy)
    insured = [person for person in changed["people"] if person["role"] == "insured"]
    if fault == "number":
        changed["number"] = _one_further(changed["number"])
    elif fault == "name":
        insured[-1]["name"] = insured[-1]["name_latin"] = "WRONG NAME"
    elif fault == "document":
        insured[-1]["number"] = _one_further(insured[-1]["number"])
    elif fault == "swapped":
        insured[0]["number"], insured[-1]["number"] = insured[-1]["number"], insured[0]["number"]
    elif fault in ("product", "plan"):
        changed[fault] |= {"zh": "另一" + changed[fault]["zh"][1:], "en": "Another"}
    elif fault in ("start", "end"):
        changed["period"][fault] = str(date.fromisoformat(changed["period"][fault]) + timedelta(days=1))
    elif fault == "sum":
        changed["benefits"][0]["sum"] = 12_345
    elif fault == "premium":
        changed["premium_fen"] += 100
    return changed


def _one_further(number: str) -> str:
    """The number with its last digit one higher."""
    place = max(place for place, character in enumerate(number) if character.isdigit())
    return number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
