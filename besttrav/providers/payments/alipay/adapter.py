"""Alipay as a Channel."""

from collections.abc import Mapping
from datetime import date
from urllib.parse import parse_qsl

from besttrav.kernel.errors import Refusal, Unavailable
from besttrav.payments.port import Bill, Callback, Found, PayBack, Prepared, Prepay, RefundFound, Reply, Result, Return, Standing
from besttrav.providers.payments.alipay import mapping
from besttrav.providers.payments.alipay.client import Client, Said

_THANKS, _NO = Reply(200, b"success"), Reply(400, b"failure")
_CHARSETS = {"utf-8": "utf-8", "gbk": "gb18030", "gb2312": "gb18030"}


class Alipay:
    """Fills `payments.port.Channel`. Options: address, app, seller, and files: the app's private key and Alipay's public key."""

    def __init__(self, *, address: str, app: str, seller: str, key: str, platform_key: str, notify_url: str) -> None:
        self._client = Client(address=address, app=app, key=key, platform_key=platform_key)
        self._app, self._seller, self._notify_url = app, seller, notify_url

    def prepay(self, order: Prepay) -> Prepared:
        """Signs the address of the cashier and calls nobody: the payment comes to be there when the person arrives."""
        method, content = mapping.METHODS[order.scene], mapping.prepaying(order)
        try:
            address = self._client.page(method, content, notify_url=self._notify_url, return_url=order.return_url)
        except Unavailable:
            return Prepared(Result.UNKNOWN, code="no_key")
        return Prepared(Result.OK, address, order.expires_at)

    def query(self, number: str) -> Found:
        said = self._asked("alipay.trade.query", {"out_trade_no": number})
        if said is None or (said.is_success and said.content.get("out_trade_no") != number):
            return Found(Standing.UNKNOWN, code="no_answer")
        return mapping.found(said)

    def close(self, number: str) -> Found:
        said = self._asked("alipay.trade.close", {"out_trade_no": number})
        return mapping.closed(said) if said else Found(Standing.UNKNOWN, code="no_answer")

    def refund(self, order: PayBack) -> RefundFound:
        said = self._asked("alipay.trade.refund", mapping.refunding(order))
        return mapping.accepted(said) if said else RefundFound(Return.UNKNOWN, code="no_answer")

    def query_refund(self, number: str, payment: str) -> RefundFound:
        content = {"out_trade_no": payment, "out_request_no": number, "query_options": ["gmt_refund_pay"]}
        said = self._asked("alipay.trade.fastpay.refund.query", content)
        return mapping.refunded(said, number) if said else RefundFound(Return.UNKNOWN, code="no_answer")

    def read(self, headers: Mapping[str, str], body: bytes) -> Callback:
        """Signature first, then whether it is for us: the same key of Alipay's may speak to other sellers."""
        given = _form(body)
        if given is None or not self._client.is_genuine(given):
            return Callback(False, _NO)
        is_ours = given.get("app_id") == self._app and given.get("seller_id") in (None, self._seller)
        event = given.get("notify_id", "")
        if not is_ours or given.get("notify_type") != "trade_status_sync" or not 0 < len(event) <= 128:
            return Callback(False, _NO)
        kind = given.get("trade_status", "").lower()[:80]
        return Callback(True, _THANKS, event=event, kind=kind or "unknown", number=given.get("out_trade_no", "")[:64])

    def bill(self, day: date) -> Bill:
        """The trade bill: a ZIP behind an address that lives half a minute."""
        said = self._asked("alipay.data.dataservice.bill.downloadurl.query", {"bill_type": "trade", "bill_date": day.isoformat()})
        if said is None:
            return Bill(Standing.UNKNOWN)
        if not said.is_success:
            return Bill(Standing.ABSENT if "bill_not_exist" in said.sub_code else Standing.UNKNOWN)
        try:
            lines = mapping.billed(self._client.file(str(said.content.get("bill_download_url", ""))))
        except (Unavailable, Refusal):
            lines = None
        return Bill(Standing.UNKNOWN) if lines is None else Bill(Standing.PAID, lines)

    def _asked(self, method: str, content: mapping.Json) -> Said | None:
        """The answer, or None when nobody knows."""
        notify_url = self._notify_url if method == "alipay.trade.refund" else ""
        try:
            return self._client.call(method, content, notify_url=notify_url)
        except Unavailable:
            return None


def _form(body: bytes) -> dict[str, str] | None:
    """The fields of a notice in the charset it names. A field that comes twice could be read in two ways, so none may."""
    try:
        text = body.decode("ascii")
        charset = _CHARSETS[dict(parse_qsl(text)).get("charset", "utf-8").lower()]
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, encoding=charset, errors="strict", max_num_fields=100)
    except (ValueError, KeyError):
        return None
    given = dict(pairs)
    return given if len(given) == len(pairs) else None
