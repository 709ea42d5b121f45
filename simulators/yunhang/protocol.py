"""The unified access gateway (统一接入), from the insurer's side. Written apart from the broker's client on purpose.

One address, XML in GB18030 (UTF-8 is read as well). `Qian-Ming` is Base64 of RSA-SHA256 (PKCS#1 v1.5) over
`QuDaoHao=..&JiaoYiMa=..&LiuShuiHao=..&ShiJian=..&ZhaiYao=<SHA-256 of the body in hex>`; answers and callbacks are signed the same way with
the insurer's key. Days are yyyymmdd, the last one included; moments are Beijing time; amounts are yuan with two decimals.
"""

import base64
import hashlib
import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from simulators.insurer.books import CANCELLED, DECLINED, ISSUED, PENDING, Books, Event, Policy
from simulators.insurer.desk import BEIJING, NUMBER, Answer, Call, Desk, Rejected
from simulators.insurer.faults import Firing
from simulators.insurer.statement import Stated
from simulators.insurer.underwriting import Rules

INSURER = "yunhang"
PATH = "/tongyi/jieru"
WINDOW = 300.0
STATED = {"issue": "XD", "cancel": "TB"}
ACTIONS = {"CB01": "submit", "CX01": "query", "TB01": "cancel", "DZ01": "document"}
CERTIFICATES = {
    "01": "id_card",
    "02": "household_book",
    "03": "passport",
    "05": "hk_macao_permit",
    "06": "taiwan_permit",
    "07": "residence_permit",
    "08": "foreign_residence_card",
    "09": "birth_certificate",
    "71": "credit_code",
}
RESULTS = {"absent": "4004", "conflict": "4009", "not_ready": "1002", "in_force": "2901", "nothing_to_cancel": "2902"}
STATES = {PENDING: "1", ISSUED: "2", DECLINED: "3", CANCELLED: "4"}
# The insurer's reasons to decline, by its own numbers.
REASONS = {
    "unknown_product": "2001",
    "start_date": "2002",
    "period": "2003",
    "people": "2004",
    "premium": "2005",
    "insured_already": "2006",
    "identity": "2007",
    "age": "2008",
    "occupation": "2009",
    "minors_sum": "2010",
    "beneficiary_shares": "2011",
    "scripted": "2999",
}

Tree = dict[str, Any]
"""Elements by name: a text, a tree, or a list of trees that share the name."""


class Gateway(Desk):
    def __init__(self, *, books: Books, folder: Path, channel: str, decide_in: float) -> None:
        super().__init__(books=books, folder=folder, rules=Rules.read(Path(__file__).parent))
        self.decide_in = decide_in
        self.channel = channel
        self._key = _own_key(folder)
        self._forger: rsa.RSAPrivateKey | None = None

    def read(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Call:
        if path != PATH:
            raise Rejected(Answer(404, b"", "text/plain"))
        try:
            whole = read_xml(body)
        except (ValueError, LookupError, ParseError, DefusedXmlException):
            raise Rejected(Answer(400, b"", "text/plain")) from None
        head = whole.get("BaoTou", {})
        self._check(head, headers.get("qian-ming", ""), body)
        try:
            return _understood(head, whole["BaoTi"])
        except (KeyError, TypeError, ValueError, ArithmeticError):
            call = Call("query", INSURER, "")
            raise Rejected(self._answer(call, {"FanHuiMa": "9001", "FanHuiXinXi": "报文格式错误"}, Firing([]))) from None

    def write_policy(self, call: Call, policy: Policy, firing: Firing) -> Answer:
        if call.action == "submit" and policy.state == PENDING:
            return self._answer(call, {"FanHuiMa": "1001", "FanHuiXinXi": "已受理", "TouBaoDanHao": policy.number}, firing)
        body: Tree = {
            "FanHuiMa": "0000",
            "FanHuiXinXi": "成功",
            "TouBaoDanHao": policy.number,
            "ZhuangTai": STATES[policy.state],
            "BaoDanHao": policy.policy_no,
        }
        if policy.state == DECLINED:
            body["JuBaoMa"] = REASONS[policy.code]
        if policy.state == CANCELLED:
            body["TuiFei"] = _yuan(policy.refund)
        if policy.state == ISSUED:
            body |= _told(self.echo(policy))
        return self._answer(call, body, firing)

    def write_failure(self, call: Call, code: str, firing: Firing) -> Answer:
        return self._answer(call, {"FanHuiMa": RESULTS[code], "FanHuiXinXi": "未受理"}, firing)

    def write_document(self, call: Call, content: bytes, firing: Firing) -> Answer:
        body = {
            "FanHuiMa": "0000",
            "WenJianNeiRong": base64.b64encode(content).decode(),
            "WenJianZhaiYao": hashlib.sha256(content).hexdigest(),
        }
        return self._answer(call, body, firing)

    def write_statement(self, lines: list[Stated]) -> bytes:
        """GB18030; the kind says which way the money goes, and amounts carry no sign."""
        rows = [
            f"{line.policy_no},{STATED[line.kind]},{line.day:%Y%m%d},{_yuan(abs(line.premium))},{_yuan(abs(line.commission))},{self.channel}"
            for line in lines
        ]
        return "\r\n".join(["BaoDanHao,YeWuLeiXing,YeWuRiQi,BaoFei,ShouXuFei,QuDaoHao", *rows, ""]).encode("gb18030")

    def callback(self, event: Event) -> tuple[dict[str, str], bytes]:
        number = "S" + "A" * 26 + "001" if event.fault == "foreign_callback" else event.number
        moment = self._moment() - timedelta(days=7 if event.fault == "stale_callback" else 0)
        key = self._forgers_key() if event.fault == "forged_callback" else self._key
        head = {"JiaoYiMa": "TZ01", "QuDaoHao": self.channel, "LiuShuiHao": event.event_id, "ShiJian": f"{moment:%Y%m%d%H%M%S}"}
        body = write_xml({"BaoTou": head, "BaoTi": {"TouBaoDanHao": number}})
        return {"Content-Type": "application/xml; charset=GB18030", "Qian-Ming": _sign(key, _canonical(head, body))}, body

    def _check(self, head: Tree, signature: str, body: bytes) -> None:
        """Signed by the broker, now, for the first time."""
        if head.get("QuDaoHao") != self.channel or not _holds(self._brokers_key(), signature, _canonical(head, body)):
            raise Rejected(Answer(403, b"", "text/plain"))
        try:
            moment = datetime.strptime(head.get("ShiJian", ""), "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
        except ValueError:
            raise Rejected(Answer(403, b"", "text/plain")) from None
        if abs(self.books.now() - moment.timestamp()) > WINDOW or not self.books.nonce_is_new(head.get("LiuShuiHao", "")):
            raise Rejected(Answer(403, b"", "text/plain"))

    def _brokers_key(self) -> rsa.RSAPublicKey:
        key = serialization.load_pem_public_key((self.folder / "broker_public.pem").read_bytes())
        assert isinstance(key, rsa.RSAPublicKey)
        return key

    def _forgers_key(self) -> rsa.RSAPrivateKey:
        self._forger = self._forger or rsa.generate_private_key(65537, 2048)
        return self._forger

    def _moment(self) -> datetime:
        return datetime.fromtimestamp(self.books.now(), BEIJING)

    def _answer(self, call: Call, body: Tree, firing: Firing) -> Answer:
        code = next(code for code, action in ACTIONS.items() if action == call.action)
        head = {"JiaoYiMa": code, "QuDaoHao": self.channel, "LiuShuiHao": uuid.uuid4().hex, "ShiJian": f"{self._moment():%Y%m%d%H%M%S}"}
        content = write_xml({"BaoTou": head | {"YuanLiuShuiHao": call.values.get("serial", "")}, "BaoTi": body})
        if "unsigned" in firing:
            return Answer(200, content, "application/xml; charset=GB18030")
        key = self._forgers_key() if "wrong_signature" in firing else self._key
        return Answer(200, content, "application/xml; charset=GB18030", {"Qian-Ming": _sign(key, _canonical(head, content))})


def _understood(head: Tree, body: Tree) -> Call:
    action, number = ACTIONS[head["JiaoYiMa"]], body["TouBaoDanHao"]
    if not NUMBER.fullmatch(number):
        raise ValueError
    values: dict[str, Any] = {"serial": head["LiuShuiHao"]}
    if action == "submit":
        values |= {"application": _application(body), "notify": body["TongZhiDiZhi"]}
    if action == "cancel":
        values |= {"submission": body["YuanTouBaoDanHao"], "reason": body["TuiBaoYuanYin"], "on": _day(body["TuiBaoRiQi"]).isoformat()}
    return Call(action, INSURER, number, values)


def _application(body: Tree) -> dict[str, Any]:
    return {
        "number": body["TouBaoDanHao"],
        "product": body["ChanPinDaiMa"],
        "plan": body["JiHuaDaiMa"],
        "area": body["QuYuDaiMa"],
        "start": _day(body["QiBaoRiQi"]).isoformat(),
        "end": (_day(body["ZhongBaoRiQi"]) + timedelta(days=1)).isoformat(),
        "premium": _fen(body["BaoFei"]),
        "holder": _person(body["TouBaoRen"]),
        "insured": [_insured(one) for one in _many(body["BeiBaoRenLieBiao"], "BeiBaoRen")],
        "trip": {one["MingCheng"]: one["ZhiZhi"] for one in _many(body["XingChengLieBiao"], "XiangMu")},
        "confirmations": _many(body["QueRenLieBiao"], "QueRen"),
    }


def _insured(one: Tree) -> dict[str, Any]:
    return {
        **_person(one),
        "relation": one["GuanXi"],
        "premium": _fen(one["BaoFei"]),
        "occupation_class": int(one["ZhiYeLeiBie"]) if one.get("ZhiYeLeiBie") else None,
        "sums": {liability["DaiMa"]: _fen(liability["BaoE"]) for liability in _many(one["ZeRenLieBiao"], "ZeRen")},
        "beneficiaries": [
            {**_person(other), "relation": other["GuanXi"], "order": int(other["ShunXu"]), "share": int(other["BiLi"])}
            for other in _many(one["ShouYiRenLieBiao"], "ShouYiRen")
        ],
        "answers": {answer["BianHao"]: answer["DaAn"] for answer in _many(one["GaoZhiLieBiao"], "GaoZhi")},
    }


def _person(one: Tree) -> dict[str, Any]:
    born = one.get("ShengRi", "")
    return {
        "name": one["XingMing"],
        "passport_name": one.get("PinYin", ""),
        "identity": {"kind": CERTIFICATES[one["ZhengJianLeiXing"]], "number": one["ZhengJianHao"], "until": one.get("YouXiaoQi", "")},
        "birth_date": _day(born).isoformat() if born else "",
        "sex": {"1": "male", "2": "female"}.get(one.get("XingBie", ""), ""),
        "nationality": one.get("GuoJi", ""),
        "phone": one.get("ShouJi", ""),
        "email": one.get("YouXiang", ""),
    }


def _told(echo: dict[str, Any]) -> Tree:
    last = date.fromisoformat(echo["end"]) - timedelta(days=1)
    return {
        "BaoFei": _yuan(echo["premium"]),
        "ChanPinDaiMa": echo["product"],
        "JiHuaDaiMa": echo["plan"],
        "QuYuDaiMa": echo["area"],
        "QiBaoRiQi": echo["start"].replace("-", ""),
        "ZhongBaoRiQi": f"{last:%Y%m%d}",
        "TouBaoRen": _told_person(echo["holder"]),
        "BeiBaoRenLieBiao": {
            "BeiBaoRen": [
                _told_person(one) | {"ZeRenLieBiao": {"ZeRen": [{"DaiMa": code, "BaoE": _yuan(fen)} for code, fen in one["sums"].items()]}}
                for one in echo["insured"]
            ]
        },
    }


def _told_person(one: dict[str, Any]) -> Tree:
    codes = {kind: code for code, kind in CERTIFICATES.items()}
    return {
        "XingMing": one["name"],
        "PinYin": one["passport_name"],
        "ZhengJianLeiXing": codes[one["identity"]["kind"]],
        "ZhengJianHao": one["identity"]["number"],
        "ShengRi": one["birth_date"].replace("-", ""),
    }


def _day(text: str) -> date:
    if not re.fullmatch(r"\d{8}", text):
        raise ValueError
    return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a day has no time zone


def _fen(text: str) -> int:
    if not re.fullmatch(r"\d{1,12}\.\d{2}", text):
        raise ValueError
    return int(Decimal(text) * 100)


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"


# XML


def read_xml(content: bytes) -> Tree:
    """The tree of a message in GB18030 or UTF-8. Expat knows no multi-byte encodings, so the bytes are decoded before it sees them."""
    declared = re.match(rb"\s*<\?xml[^>]*encoding=[\"']([A-Za-z0-9-]+)[\"'][^>]*\?>", content)
    encoding = declared[1].decode().lower() if declared else "utf-8"
    if encoding not in {"gb18030", "utf-8"}:
        raise LookupError(encoding)
    text = content[declared.end() if declared else 0 :].decode(encoding)
    root = fromstring(text, forbid_dtd=True)
    if root.tag != "BaoWen":
        raise ValueError
    tree = _tree(root)
    return tree if isinstance(tree, dict) else {}


def write_xml(tree: Tree) -> bytes:
    text = "".join(['<?xml version="1.0" encoding="GB18030"?>', "<BaoWen>", *_lines(tree), "</BaoWen>"])
    return text.encode("gb18030")


def _tree(element: Element) -> Any:
    if len(element) == 0:
        return element.text or ""
    tree: Tree = {}
    for child in element:
        value = _tree(child)
        if child.tag in tree:
            tree[child.tag] = [*_listed(tree[child.tag]), value]
        else:
            tree[child.tag] = value
    return tree


def _lines(tree: Tree) -> Iterator[str]:
    for name, value in tree.items():
        for one in _listed(value):
            yield f"<{name}>"
            yield from _lines(one) if isinstance(one, dict) else [escape(str(one), quote=False).replace("\r", "&#13;")]
            yield f"</{name}>"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _many(tree: Any, name: str) -> list[Tree]:
    """The trees of one name below a list element, which is empty text where there are none."""
    return _listed(tree[name]) if isinstance(tree, dict) and name in tree else []


# Signatures


def _canonical(head: Tree, body: bytes) -> bytes:
    digest = hashlib.sha256(body).hexdigest()
    return "&".join(
        [*(f"{name}={head.get(name, '')}" for name in ("QuDaoHao", "JiaoYiMa", "LiuShuiHao", "ShiJian")), f"ZhaiYao={digest}"]
    ).encode()


def _sign(key: rsa.RSAPrivateKey, canonical: bytes) -> str:
    return base64.b64encode(key.sign(canonical, padding.PKCS1v15(), hashes.SHA256())).decode()


def _holds(key: rsa.RSAPublicKey, signature: str, canonical: bytes) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), canonical, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def _own_key(folder: Path) -> rsa.RSAPrivateKey:
    """The insurer's key pair, made at the first start."""
    file = folder / "insurer_private.pem"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = rsa.generate_private_key(65537, 2048)
        formats = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file.touch(mode=0o600)
        file.write_bytes(made.private_bytes(*formats))
        public = made.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        (folder / "insurer_public.pem").write_bytes(public)
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key
