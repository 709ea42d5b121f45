"""The gateway of Alipay: which call is which, how it is verified, and how answers and notices are signed."""

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from simulators.alipay.bill import bill
from simulators.alipay.signature import BEIJING, Rejected, check, signature, signed
from simulators.alipay.trades import PRODUCTS, Json, Trades, beijing, yuan
from simulators.cashier.books import PAID, Books, Event, Refund, Trade
from simulators.cashier.faults import Fault, Script
from simulators.cashier.keys import STRANGER, own_key, public_key
from simulators.cashier.page import refusal
from simulators.cashier.server import form_of
from simulators.cashier.vendor import Answer, Call, Look

# What the vendor does when it is not thanked: eight deliveries within 25 hours.
RETRIES = (240, 600, 600, 3600, 7200, 21600, 54000)
BILL_READY = 9  # o'clock in Beijing, on the next day
BILL_LIFE = timedelta(seconds=30)
GATEWAY = "/gateway.do"

_NAMES = {
    "alipay.trade.query": "query",
    "alipay.trade.close": "close",
    "alipay.trade.refund": "refund",
    "alipay.trade.fastpay.refund.query": "query_refund",
    "alipay.data.dataservice.bill.downloadurl.query": "bill",
}


class Alipay:
    """Fills `simulators.cashier.vendor.Vendor`."""

    look = Look("支付宝（模拟）", "Alipay (simulated)", "#1668dc")
    retries: tuple[int, ...] = RETRIES

    def __init__(self, state: Path) -> None:
        self.state, self.books, self.script = state, Books(state / "alipay.sqlite3"), Script()
        self.trades = Trades(self.books, self.script)
        self.key = own_key(state / "platform.pem", state / "platform_public.pem")
        self._bills: dict[str, tuple[bytes, datetime]] = {}

    def call_of(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Call | None:
        if path == "/bill.zip":
            return Call("bill_file", "", method, path, query, headers, body)
        if path != GATEWAY:
            return None
        given = form_of(query, body)
        return Call(_NAMES.get(given.get("method", ""), "unknown"), _number_in(given), method, path, query, headers, body)

    def cashier_token(self, method: str, path: str, query: str, body: bytes) -> str | Answer | None:
        given = form_of(query, body) if path == GATEWAY else {}
        if given.get("method") not in PRODUCTS:
            return None
        try:
            self._check(given)
            return self.trades.offer(given["method"], _content(given), given).token
        except Rejected as error:
            return Answer(200, refusal(self.look, error.sub_code, error.message).encode(), "text/html; charset=utf-8")

    def perform(self, call: Call, fault: Fault | None) -> Answer:
        given = form_of(call.query, call.body)
        if call.name == "bill_file":
            return self._bill_file(given)
        name = f"{given.get('method', '').replace('.', '_')}_response"
        try:
            self._check(given)
        except Rejected as error:
            return _answer("error_response", _refused(error), "")
        try:
            if fault and fault.fault == "refuse":
                raise Rejected("20000" if fault.word == "SYSTEM" else "40004", fault.word, "scripted")
            said = {"code": "10000", "msg": "Success"} | self._calls()[call.name](_content(given), call)
        except Rejected as error:
            said = _refused(error)
        text = _json(said)
        key = STRANGER if fault and fault.fault == "wrong_signature" else self.key
        return _answer(name, said, "" if fault and fault.fault == "unsigned" else signature(key, text))

    def notice(self, event: Event) -> tuple[dict[str, str], bytes]:
        return _posted(signed(self.key, self._notified(event)))

    def forged(self, kind: str, event: Event) -> tuple[dict[str, str], bytes]:
        """Notices that must be refused."""
        given = self._notified(event)
        genuine = signed(self.key, given)
        match kind:
            case "wrong_key":
                return _posted(signed(STRANGER, given))
            case "altered":
                return _posted(genuine | {"total_amount": "0.01", "notify_id": "altered"})
            case "other_type":
                return _posted(genuine | {"sign_type": "RSA"})
            case "unsigned":
                return _posted(given)
            case "other_app":
                return _posted(signed(self.key, given | {"app_id": "2021999999999999", "notify_id": "other"}))
            case "other_seller":
                return _posted(signed(self.key, given | {"seller_id": "2088999999999999", "notify_id": "other"}))
            case "doubled":
                headers, body = _posted(genuine)
                return headers, body + b"&out_trade_no=BTP00000000000000000000OTHER"
            case "no_base64":
                return _posted(genuine | {"sign": "WECHATPAY/SIGNTEST/~~~"})
            case "other_charset":
                return _posted(genuine | {"charset": "utf-7"})
            case "no_form":
                return {"Content-Type": "application/json"}, b'{"sign": "x"}'
            case "no_ascii":
                return {"Content-Type": "application/x-www-form-urlencoded"}, "sign=签".encode()
        raise ValueError(f"no such forgery: {kind}")

    def is_thanks(self, status: int, body: bytes) -> bool:
        return status == 200 and body == b"success"

    def event_of_payment(self, trade: Trade) -> None:
        self._add_event(trade, "")

    def event_of_refund(self, number: str) -> None:
        if (refund := self.books.refund(number)) and refund.status == "SUCCESS" and (trade := self.books.trade(refund.trade)):
            self._add_event(trade, number)

    def way_back(self, trade: Trade) -> str:
        """To the merchant, with signed parameters when it was paid."""
        if not trade.return_url or trade.status != PAID:
            return trade.return_url
        given = self._common() | {
            "out_trade_no": trade.number,
            "trade_no": trade.reference,
            "total_amount": yuan(trade.fen),
            "method": f"alipay.trade.{trade.scene}.pay.return",
            "timestamp": beijing(self.books.moment()),
        }
        return f"{trade.return_url}{'&' if '?' in trade.return_url else '?'}{urlencode(signed(self.key, given))}"

    def rotate(self) -> None:
        raise ValueError("the key of this channel is changed by its merchant")

    # --- Its calls ---

    def _calls(self) -> dict[str, Callable[[Json, Call], Json]]:
        return {
            "query": lambda content, call: self._told(self.trades.known("alipay.trade.query", content)),
            "close": self._close,
            "refund": self._refund,
            "query_refund": self._query_refund,
            "bill": self._bill,
            "unknown": self._unknown,
        }

    def _told(self, trade: Trade) -> Json:
        currency = {"trans_currency": trade.currency} if trade.currency != "CNY" else {}
        return {
            "trade_no": trade.reference,
            "out_trade_no": trade.number,
            "buyer_logon_id": "sim***@buyer.example",
            "buyer_user_id": "2088000000000001",
            "trade_status": self.trades.status_of(trade),
            "total_amount": yuan(trade.fen),
            "subject": trade.description,
            **(_paid(trade) if trade.status == PAID else {}),
            **currency,
        }

    def _close(self, content: Json, call: Call) -> Json:
        trade = self.trades.close(content)
        return {"trade_no": trade.reference, "out_trade_no": trade.number}

    def _refund(self, content: Json, call: Call) -> Json:
        trade, refund, is_new = self.trades.refund(content)
        if is_new:
            self.event_of_refund(refund.number)
        return {
            "trade_no": trade.reference,
            "out_trade_no": trade.number,
            "buyer_logon_id": "sim***@buyer.example",
            "fund_change": "Y" if is_new else "N",
            "refund_fee": yuan(self.trades.refunded_fen(trade)),
        }

    def _query_refund(self, content: Json, call: Call) -> Json:
        trade = self.trades.known("alipay.trade.fastpay.refund.query", content)
        refund = self.books.refund(str(content.get("out_request_no", "")))
        if refund is None or refund.trade != trade.number:
            return {}
        done = {"gmt_refund_pay": beijing(refund.done_at)} if refund.status == "SUCCESS" else {}
        return {
            "trade_no": trade.reference,
            "out_trade_no": trade.number,
            "out_request_no": refund.number,
            "total_amount": yuan(trade.fen),
            "refund_amount": yuan(refund.fen),
            "refund_status": f"REFUND_{refund.status}",
            **done,
        }

    def _bill(self, content: Json, call: Call) -> Json:
        try:
            day = date.fromisoformat(str(content["bill_date"]))
            assert content["bill_type"] == "trade"
        except (KeyError, ValueError, AssertionError):
            raise Rejected("40004", "isp.invalid-parameter", "参数无效") from None
        ready = datetime(day.year, day.month, day.day, BILL_READY, tzinfo=BEIJING) + timedelta(days=1)
        made = bill(self.books, self.script, day, str(self._merchant()["seller"])) if self.books.now() >= ready else b""
        if not made:
            sub_code = "isp.bill_not_exist" if self.books.now() >= ready else "isp.bill-not-ready"
            raise Rejected("40004", sub_code, "账单不存在")
        token = secrets.token_hex(16)
        self._bills[token] = made, self.books.now() + BILL_LIFE
        return {"bill_download_url": f"http://{call.headers.get('host', '')}/bill.zip?token={token}"}

    def _bill_file(self, given: Json) -> Answer:
        content, until = self._bills.get(given.get("token", ""), (b"", self.books.now()))
        if self.books.now() >= until:
            return Answer(403, b"expired", "text/plain")
        return Answer(200, content, "application/zip")

    def _unknown(self, content: Json, call: Call) -> Json:
        raise Rejected("40002", "isv.invalid-method", "不存在的方法名")

    # --- Notices ---

    def _add_event(self, trade: Trade, refund: str) -> None:
        kind = self.trades.status_of(trade)
        self.books.add_event(id=secrets.token_hex(17), trade=trade.number, refund=refund, kind=kind, notify_url=trade.notify_url)

    def _notified(self, event: Event) -> dict[str, str]:
        trade, refund = self.books.trade(event.trade), self.books.refund(event.refund)
        given = self._common() | {
            "notify_time": beijing(self.books.moment()),
            "notify_type": "trade_status_sync",
            "notify_id": event.id,
            "out_trade_no": event.trade,
            "trade_status": event.kind or "TRADE_SUCCESS",
            "buyer_id": "2088000000000001",
        }
        return given | (self._of_trade(trade, refund) if trade else {"trade_no": "2000000000000000", "total_amount": "1.00"})

    def _of_trade(self, trade: Trade, refund: Refund | None) -> dict[str, str]:
        paid = {"gmt_payment": beijing(trade.paid_at)} if trade.paid_at else {}
        back = {"refund_fee": yuan(self.trades.refunded_fen(trade)), "out_biz_no": refund.number} if refund else {}
        return {
            "trade_no": trade.reference,
            "total_amount": yuan(trade.fen),
            "receipt_amount": yuan(trade.fen),
            "buyer_pay_amount": yuan(trade.fen),
            "subject": trade.description,
            "gmt_create": beijing(trade.created_at),
            "fund_bill_list": f'[{{"amount":"{yuan(trade.fen)}","fundChannel":"ALIPAYACCOUNT"}}]',
            **paid,
            **back,
        }

    def _common(self) -> dict[str, str]:
        merchant = self._merchant()
        app, seller = str(merchant["app"]), str(merchant["seller"])
        return {"app_id": app, "auth_app_id": app, "seller_id": seller, "charset": "utf-8", "version": "1.0", "sign_type": "RSA2"}

    def _check(self, given: Mapping[str, str]) -> None:
        check(given, app=str(self._merchant()["app"]), key=public_key(self.state / "merchant_public.pem"), now=self.books.now())

    def _merchant(self) -> Json:
        """Who our one merchant is, as last written into the state folder."""
        try:
            merchant: Json = json.loads((self.state / "merchant.json").read_bytes())
        except OSError:
            raise Rejected("40002", "isv.invalid-app-id", "商户未登记") from None
        return merchant


def _paid(trade: Trade) -> Json:
    return {"send_pay_date": beijing(trade.paid_at), "buyer_pay_amount": yuan(trade.fen), "receipt_amount": yuan(trade.fen)}


def _content(given: Mapping[str, str]) -> Json:
    try:
        content = json.loads(given["biz_content"])
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise Rejected("40002", "isv.invalid-json", "biz_content 不是 JSON 对象")
    return content


def _number_in(given: Mapping[str, str]) -> str:
    try:
        return str(_content(given).get("out_trade_no", ""))
    except (Rejected, KeyError):
        return ""


def _refused(error: Rejected) -> Json:
    words = {
        "40001": "Missing Required Arguments",
        "40002": "Invalid Arguments",
        "40004": "Business Failed",
        "20000": "Service Currently Unavailable",
    }
    return {"code": error.code, "msg": words[error.code], "sub_code": error.sub_code, "sub_msg": error.message}


def _answer(name: str, said: Json, sign: str) -> Answer:
    """The signed text stands in the answer as it was signed, so it is put together as text."""
    tail = f',"sign":"{sign}"' if sign else ""
    return Answer(200, f'{{"{name}":{_json(said)}{tail}}}'.encode(), "text/html;charset=utf-8")


def _json(content: Json) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _posted(given: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
    return {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, urlencode(given).encode()
