"""The interface of WeChat Pay, version 3: which call is which, how it is verified, and how answers and notices are signed."""

import gzip
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from simulators.cashier.books import Books, Event, Trade
from simulators.cashier.faults import Fault, Script
from simulators.cashier.keys import STRANGER, own_key, public_key
from simulators.cashier.vendor import Answer, Call, Look
from simulators.wechat.bill import bill
from simulators.wechat.orders import BEIJING, Json, Orders, told, told_refund
from simulators.wechat.signature import Rejected, check, sealed, signed_headers

# What the vendor does when it is not thanked: fifteen times, 24 hours and 4 minutes together.
RETRIES = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
BILL_READY = 10  # o'clock in Beijing, on the next day
BILL_LIFE = timedelta(minutes=5)

_CALLS = [
    ("prepay", "POST", re.compile(r"/v3/pay/transactions/(?P<scene>native|h5)")),
    ("query", "GET", re.compile(r"/v3/pay/transactions/out-trade-no/(?P<number>[^/]+)")),
    ("close", "POST", re.compile(r"/v3/pay/transactions/out-trade-no/(?P<number>[^/]+)/close")),
    ("refund", "POST", re.compile(r"/v3/refund/domestic/refunds")),
    ("query_refund", "GET", re.compile(r"/v3/refund/domestic/refunds/(?P<number>[^/]+)")),
    ("bill", "GET", re.compile(r"/v3/bill/tradebill")),
    ("bill_file", "GET", re.compile(r"/v3/billdownload/file")),
]


class WeChat:
    """Fills `simulators.cashier.vendor.Vendor`."""

    look = Look("微信支付（模拟）", "WeChat Pay (simulated)", "#04753a")
    retries: tuple[int, ...] = RETRIES

    def __init__(self, state: Path) -> None:
        self.state, self.books, self.script = state, Books(state / "wechat.sqlite3"), Script()
        self.orders = Orders(self.books, self.script)
        self._bills: dict[str, tuple[bytes, datetime]] = {}
        self.serial, self.key = self._newest_key()

    def call_of(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Call | None:
        for name, wanted, pattern in _CALLS:
            if method == wanted and (found := pattern.fullmatch(path)):
                number = found.groupdict().get("number") or _body_number(body)
                return Call(name, number, method, path, query, headers, body)
        if path.startswith("/v3/"):
            return Call("unknown", "", method, path, query, headers, body)
        return None

    def cashier_token(self, method: str, path: str, query: str, body: bytes) -> str | Answer | None:
        if path != "/cgi-bin/mmpayweb-bin/checkmweb":
            return None
        given = parse_qs(query)
        token = given.get("prepay_id", [""])[0].removeprefix("wx")
        if (trade := self.books.trade(token=token)) and (back := given.get("redirect_url", [""])[0]):
            self.books.change_trade(trade.number, return_url=back)
        return token

    def perform(self, call: Call, fault: Fault | None) -> Answer:
        try:
            if fault and fault.fault == "refuse":
                raise Rejected(400, fault.word, "scripted")
            self._check(call)
            status, content = self._calls()[call.name](call)
        except Rejected as error:
            return Answer(error.status, _json({"code": error.code, "message": error.message}), headers=self._request_id(error.status))
        if isinstance(content, bytes):
            return Answer(status, content, "application/x-gzip", self._request_id(0))
        body = _json(content) if content is not None else b""
        key = STRANGER if fault and fault.fault == "wrong_signature" else self.key
        signed = {} if fault and fault.fault == "unsigned" else signed_headers(key, self.serial, body, self.books.now())
        return Answer(status, body, headers={**signed, **self._request_id(0)})

    def notice(self, event: Event) -> tuple[dict[str, str], bytes]:
        return self._notice(event, self.key, self.serial, str(self._merchant()["api_key"]), self.books.now())

    def forged(self, kind: str, event: Event) -> tuple[dict[str, str], bytes]:
        """Notices that must be refused. `day_old` is a genuine one of yesterday: its signature is good for ever, its time is not."""
        now, api_key = self.books.now(), str(self._merchant()["api_key"])
        match kind:
            case "wrong_key":
                return self._notice(event, STRANGER, self.serial, api_key, now)
            case "day_old":
                return self._notice(event, self.key, self.serial, api_key, now - timedelta(days=1))
            case "from_the_future":
                return self._notice(event, self.key, self.serial, api_key, now + timedelta(minutes=6))
            case "unknown_serial":
                return self._notice(event, STRANGER, "PUB_KEY_ID_0000000000000000000000000000", api_key, now)
            case "other_api_key":
                return self._notice(event, self.key, self.serial, "0" * 32, now)
        headers, body = self.notice(event)
        match kind:
            case "altered":
                return headers, body.replace(b"TRANSACTION", b"TRANSACTlON").replace(b'"EV-', b'"EV+')
            case "rewritten":
                return headers, json.dumps(json.loads(body), indent=1).encode()
            case "other_type":
                return headers | {"Wechatpay-Signature-Type": "WECHATPAY2-SM2-WITH-SM3"}, body
            case "probe":
                return headers | {"Wechatpay-Signature": f"WECHATPAY/SIGNTEST/{secrets.token_hex(64)}"}, body
            case "no_headers":
                return {"Content-Type": "application/json"}, body
            case "serial_of_a_path":
                return headers | {"Wechatpay-Serial": "../merchant_public"}, body
            case "no_json":
                return signed_headers(self.key, self.serial, b"[]", now), b"[]"
        raise ValueError(f"no such forgery: {kind}")

    def is_thanks(self, status: int, body: bytes) -> bool:
        return status in (200, 204)

    def event_of_payment(self, trade: Trade) -> None:
        self.books.add_event(id=_event_id(), trade=trade.number, refund="", kind="TRANSACTION.SUCCESS", notify_url=trade.notify_url)

    def event_of_refund(self, number: str) -> None:
        refund = self.books.refund(number)
        assert refund
        kind = f"REFUND.{refund.status}"
        self.books.add_event(id=_event_id(), trade=refund.trade, refund=number, kind=kind, notify_url=refund.notify_url)

    def way_back(self, trade: Trade) -> str:
        return trade.return_url

    def rotate(self) -> None:
        """A second platform key: both are announced in the folder, and the new one signs."""
        number = int(self.books.setting("keys") or 1) + 1
        self.books.set("keys", str(number))
        self.serial, self.key = self._newest_key()

    # --- Its calls ---

    def _calls(self) -> dict[str, Callable[[Call], tuple[int, Any]]]:
        return {
            "prepay": self._prepay,
            "query": lambda call: (200, self._told(self._known(call))),
            "close": self._close,
            "refund": self._refund,
            "query_refund": lambda call: (200, self._told_refund(call.number)),
            "bill": self._bill,
            "bill_file": self._bill_file,
            "unknown": self._unknown,
        }

    def _prepay(self, call: Call) -> tuple[int, Json]:
        merchant = self._merchant()
        scene = call.path.rpartition("/")[2]
        trade = self.orders.place(scene, _parsed(call.body), app=str(merchant["app"]), merchant=str(merchant["merchant"]))
        if scene == "native":
            return 200, {"code_url": f"weixin://wxpay/bizpayurl?pr={trade.token}"}
        host = call.headers.get("host", "")
        return 200, {
            "h5_url": f"http://{host}/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx{trade.token}&package={secrets.randbelow(10**10)}"
        }

    def _known(self, call: Call) -> Trade:
        if parse_qs(call.query).get("mchid") != [str(self._merchant()["merchant"])]:
            raise Rejected(400, "PARAM_ERROR", "mchid 错误")
        return self.orders.known(call.number)

    def _close(self, call: Call) -> tuple[int, None]:
        if _parsed(call.body) != {"mchid": self._merchant()["merchant"]}:
            raise Rejected(400, "PARAM_ERROR", "mchid 错误")
        self.orders.close(call.number)
        return 204, None

    def _refund(self, call: Call) -> tuple[int, Json]:
        refund = self.orders.refund(_parsed(call.body))
        return 200, self._told_refund(refund.number)

    def _told(self, trade: Trade) -> Json:
        return told(trade, merchant=str(self._merchant()["merchant"]), refunds=self.books.refunds(trade.number))

    def _told_refund(self, number: str) -> Json:
        refund = self.orders.known_refund(number)
        return told_refund(refund, self.orders.known(refund.trade))

    def _bill(self, call: Call) -> tuple[int, Json]:
        given = {name: values[0] for name, values in parse_qs(call.query).items()}
        try:
            day = date.fromisoformat(given["bill_date"])
        except (KeyError, ValueError):
            raise Rejected(400, "PARAM_ERROR", "bill_date 格式错误") from None
        ready = datetime(day.year, day.month, day.day, BILL_READY, tzinfo=BEIJING) + timedelta(days=1)
        if self.books.now() < ready:
            raise Rejected(400, "STATEMENT_CREATING", "账单生成中")
        text = bill(self.books, self.script, day, str(self._merchant()["merchant"])).encode()
        if not text:
            raise Rejected(400, "NO_STATEMENT_EXIST", "账单不存在")
        token = secrets.token_hex(16)
        self._bills[token] = (gzip.compress(text) if given.get("tar_type") == "GZIP" else text, self.books.now() + BILL_LIFE)
        url = f"http://{call.headers.get('host', '')}/v3/billdownload/file?token={token}"
        return 200, {"hash_type": "SHA1", "hash_value": hashlib.sha1(text, usedforsecurity=False).hexdigest(), "download_url": url}

    def _bill_file(self, call: Call) -> tuple[int, bytes]:
        content, until = self._bills.get(parse_qs(call.query).get("token", [""])[0], (b"", self.books.now()))
        if self.books.now() >= until:
            raise Rejected(403, "NO_AUTH", "下载链接已失效")
        return 200, content

    def _unknown(self, call: Call) -> tuple[int, Json]:
        raise Rejected(404, "RESOURCE_NOT_EXISTS", "接口不存在")

    # --- Signing and sealing ---

    def _check(self, call: Call) -> None:
        merchant, key = self._merchant(), public_key(self.state / "merchant_public.pem")
        target = f"{call.path}?{call.query}" if call.query else call.path
        nonce = check(
            headers=call.headers, method=call.method, target=target, body=call.body, key=key,
            merchant=str(merchant["merchant"]), serial=str(merchant["serial"]), now=self.books.now(),
        )  # fmt: skip
        if not self.books.nonce_is_new(nonce):
            raise Rejected(401, "SIGN_ERROR", "随机串重复")

    def _notice(self, event: Event, key: RSAPrivateKey, serial: str, api_key: str, now: datetime) -> tuple[dict[str, str], bytes]:
        kind = "refund" if event.refund else "transaction"
        body = _json(
            {
                "id": event.id,
                "create_time": datetime.fromisoformat(event.created_at).astimezone(BEIJING).isoformat(timespec="seconds"),
                "resource_type": "encrypt-resource",
                "event_type": event.kind or "TRANSACTION.SUCCESS",
                "summary": "退款通知" if event.refund else "支付成功",
                "resource": sealed(api_key, _json(self._resource(event)), kind),
            }
        )
        return {"Content-Type": "application/json", **signed_headers(key, serial, body, now)}, body

    def _resource(self, event: Event) -> Json:
        trade, refund = self.books.trade(event.trade), self.books.refund(event.refund)
        merchant = str(self._merchant()["merchant"])
        if trade is None:
            return {"mchid": merchant, "appid": self._merchant()["app"], "out_trade_no": event.trade, "trade_state": "SUCCESS"}
        if refund is None:
            return told(trade, merchant=merchant, refunds=[])
        content = told_refund(refund, trade)
        names = ("transaction_id", "out_trade_no", "refund_id", "out_refund_no", "success_time", "user_received_account")
        amount = {name: content["amount"][name] for name in ("total", "refund", "payer_total", "payer_refund")}
        shown = {name: content[name] for name in names if name in content}
        return {"mchid": merchant, "refund_status": refund.status, "amount": amount, **shown}

    def _merchant(self) -> Json:
        """Who our one merchant is, as last written into the state folder."""
        try:
            return _parsed((self.state / "merchant.json").read_bytes())
        except OSError:
            raise Rejected(401, "SIGN_ERROR", "商户未登记") from None

    def _newest_key(self) -> tuple[str, RSAPrivateKey]:
        number = self.books.setting("keys") or "1"
        private = self.state / f"platform_{number}.pem"
        serial_file = self.state / f"platform_{number}.serial"
        if not serial_file.exists():
            serial_file.parent.mkdir(parents=True, exist_ok=True)
            serial_file.write_text(f"PUB_KEY_ID_0{number}{secrets.randbelow(10**26):026}")
        serial = serial_file.read_text()
        return serial, own_key(private, self.state / "platform_keys" / f"{serial}.pem")

    def _request_id(self, code: int) -> dict[str, str]:
        return {"Request-ID": f"{secrets.token_hex(16).upper()}-{code}"}


def _parsed(body: bytes) -> Json:
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise Rejected(400, "PARAM_ERROR", "请求体不是 JSON 对象")
    return parsed


def _body_number(body: bytes) -> str:
    try:
        parsed = json.loads(body or b"{}")
    except ValueError:
        return ""
    return str(parsed.get("out_trade_no", "")) if isinstance(parsed, dict) else ""


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _event_id() -> str:
    return f"EV-{secrets.token_hex(16)}"
