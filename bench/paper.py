"""Papers of two pages, Chinese: our certificate and an insurer's e-policy, unsigned and signed, and reading one back (line 20).

Typst remembers what it has set, and a site never sets the same paper twice: every turn here has other numbers and other people.
"""

import itertools
import json
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import typst
from django.conf import settings

from bench.measuring import Judged, Line, interleaved
from bench.sizes import Sizes
from besttrav.kernel.money import Money
from besttrav.kernel.pdf import page_texts
from besttrav.kernel.pdf_signatures import signature_of
from besttrav.kernel.typesetting import WHEEL_FONTS
from besttrav.policies import verification
from besttrav.policies.papers.certificate import Benefit, Certificate, Rate, Traveller, certificate
from besttrav.policies.papers.words import Both, Broker
from simulators.paper import epolicy, root_of

AT = datetime(2026, 11, 22, 2, 37, 5, tzinfo=UTC)
PEOPLE = 20
SECRET = bytes(range(7, 23))
FAMILY = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭"
)
GIVEN = "伟芳娜敏静秀强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰红建国文斌宇浩然子轩梓涵雨桐欣怡诗思嘉俊博宁云知夏予素安若清澜𬭎㛃𠮷"
LABELS = {
    1: ("certificate of two pages", 100, 50),
    2: ("e-policy of two pages, unsigned", 100, 50),
    3: ("the same, signed", None, None),
    4: ("checking its signature", None, None),
    5: ("reading its text, in a process of its own", None, None),
}


def lines(sizes: Sizes) -> Iterator[Line]:
    turns = itertools.count()
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder)
        root = root_of(keys).read_bytes()
        paper = epolicy(_policy(next(turns)), keys)
        assert [len(page_texts(one)) for one in (paper, certificate(_facts(next(turns)), at=AT))] == [2, 2]
        times = interleaved(
            sizes.rounds,
            _bare(keys, turns),
            lambda: certificate(_facts(next(turns)), at=AT),
            lambda: epolicy(_policy(next(turns)), keys, fault="unsigned"),
            lambda: epolicy(_policy(next(turns)), keys),
            lambda: signature_of(paper, [root]),
            lambda: page_texts(paper),
        )
    limit = times.seconds(0) * 1e3
    for work, (what, must, aim) in LABELS.items():
        yield Line(what, "ms", times.seconds(work) * 1e3, limit, times.ratio(work), times.processor_ratio(work), Judged.MEASURED, must, aim)


def _bare(folder: Path, turns: Iterator[int]) -> Callable[[], object]:
    """The limit: what Typst takes for two pages with the same people on the first and nothing else."""
    template = folder / "bare.typ"
    text = '#set text(font: "Noto Sans SC")\n#for one in json(bytes(sys.inputs.data)) [#one #parbreak()]\n#pagebreak()\n2'
    template.write_text(text, encoding="utf-8")
    compiler = typst.Compiler(template, font_paths=[WHEEL_FONTS], ignore_system_fonts=True)

    def work() -> object:
        people = [" ".join(one) for one in _people(next(turns))]
        return compiler.compile(format="pdf", pdf_standards="a-2b", sys_inputs={"data": json.dumps(people)})

    return work


def _people(turn: int) -> list[tuple[str, str]]:
    """Names and passports that differ from turn to turn."""
    numbers = range(turn * PEOPLE, (turn + 1) * PEOPLE)
    return [
        (FAMILY[n % len(FAMILY)] + GIVEN[n * 7 % len(GIVEN)].replace("𠮷", "吉") + GIVEN[n * 11 % len(GIVEN)], f"EA{n * 7919 % 10**7:07}")
        for n in numbers
    ]


def _facts(turn: int) -> Certificate:
    return Certificate(
        policy_number=f"PX{turn:014}",
        issued_on=date(2026, 11, 22),
        insurer=Both(en="Hean Property & Casualty Insurance Co., Ltd", zh="禾岸财产保险股份有限公司"),
        product=Both(en="Schengen Travel Insurance", zh="申根旅行保险"),
        plan=Both(en="Plan Two", zh="计划二"),
        holder=Both(en=f"HOLDER {turn}", zh=_people(turn)[0][0]),
        travellers=tuple(
            Traveller(name=name, name_latin=f"TRAVELLER, {number}", passport=number, birth_date=date(1988, 2, 3), medical=Money(30_000_000))
            for name, number in _people(turn)
        ),
        first_day=date(2026, 12, 1),
        last_day=date(2026, 12, 18),
        territory=Both(en="Europe", zh="欧洲"),
        covers_all_schengen_states=True,
        repatriation=Money(100_000_000),
        benefits=tuple(Benefit(name=Both(en=en, zh=zh), sum=Money(100_000)) for en, zh in BENEFITS),
        deductible=Money(0),
        rate=Rate(fen=812, on=date(2026, 11, 20), source="central parity of the People’s Bank of China"),
        emergency_number="+86 400-000-0000",
        emergency_note="English and Chinese",
        broker=Broker.of(settings.OPERATOR),
        verification_address=f"https://besttrav.example/verify/{verification.token_of(turn.to_bytes(16, 'big'))}/",
        verification_code=verification.code_of(SECRET),
    )


BENEFITS = (
    ("Accidental death and disability", "意外身故与伤残"),
    ("Travel delay", "旅行延误"),
    ("Loss of travel documents", "旅行证件遗失"),
    ("Personal liability", "第三者责任"),
)


def _policy(turn: int) -> dict[str, Any]:
    insured = [
        {"role": "insured", "name": name, "name_latin": f"TRAVELLER {number}", "document": "护照", "number": number}
        | {"birth_date": "1988-02-03", "sex": "F", "relation": "本人"}
        for name, number in _people(turn)
    ]
    return {
        "number": f"PX{turn:014}",
        "insurer": {"zh": "禾岸财产保险股份有限公司", "en": "Hean Property & Casualty", "code": "hean", "hotline": "400-000-0000"},
        "product": {
            "zh": "申根旅行保险",
            "en": "Schengen Travel Insurance",
            "clause": "旅行保险条款（2024 版）",
            "filing": "〔2024〕主 012 号",
        },
        "plan": {"zh": "计划二", "en": "Plan Two"},
        "period": {"start": "2026-12-01", "end": "2026-12-18"},
        "premium_fen": 441_000 + turn,
        "people": [{**insured[0], "role": "holder"}, *insured],
        "benefits": [{"zh": zh, "en": en, "sum": 100_000} for en, zh in (*BENEFITS, ("Medical expenses", "医疗费用"))],
        "area": {"zh": "欧洲", "en": "Europe"},
        "issued_at": "2026-11-22T10:37:05+08:00",
    }
