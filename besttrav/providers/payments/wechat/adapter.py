"""WeChat Pay as a Channel."""

import gzip
import hashlib
import json
from collections.abc import Mapping
from datetime import date, timedelta
from urllib.parse import quote

from besttrav.kernel import clock
from besttrav.kernel.errors import Refusal, Unavailable
from besttrav.payments.port import Bill, Callback, Found, PayBack, Prepared, Prepay, RefundFound, Reply, Result, Return, Standing
from besttrav.providers.payments.wechat import mapping
from besttrav.providers.payments.wechat.client import Client, Said

_CODE_LIFE = timedelta(hours=2)
_LINK_LIFE = timedelta(minutes=5)
_THANKS = Reply(204)
_NO = Reply(401, b'{"code":"FAIL","message":"not accepted"}', "application/json")
_KNOWN = {"TRANSACTION.SUCCESS", "REFUND.SUCCESS", "REFUND.ABNORMAL", "REFUND.CLOSED"}


class WeChatPay:
    """Fills `payments.port.Channel`. Options: address, app, merchant, the serial of its certificate, and files: its key, the APIv3 key, and
    a folder of platform keys, each named by its serial, so that two are trusted while one replaces the other."""

    def __init__(
        self, *, address: str, app: str, merchant: str, serial: str, key: str, api_key: str, platform_keys: str, notify_url: str
    ) -> None:
        self._client = Client(address=address, merchant=merchant, serial=serial, key=key, api_key=api_key, platform_keys=platform_keys)
        self._app, self._merchant, self._notify_url = app, merchant, notify_url

    def prepay(self, order: Prepay) -> Prepared:
        """Places the order. The same number with the same values is the same order, and gives a new address for it."""
        body = mapping.prepaying(order, app=self._app, merchant=self._merchant, notify_url=self._notify_url)
        try:
            said = self._client.call("POST", f"/v3/pay/transactions/{order.scene}", body=body)
        except Unavailable:
            return Prepared(Result.UNKNOWN, code="no_answer")
        if said.code:
            return Prepared(Result.REJECTED, code=said.code)
        now = clock.now()
        if order.scene == "h5" and (link := said.content.get("h5_url")):
            back = f"&redirect_url={quote(order.return_url, safe='')}"
            return Prepared(Result.OK, f"{link}{back}", min(now + _LINK_LIFE, order.expires_at))
        if order.scene == "native" and (code := said.content.get("code_url")):
            return Prepared(Result.OK, str(code), min(now + _CODE_LIFE, order.expires_at))
        return Prepared(Result.UNKNOWN, code="no_address")

    def query(self, number: str) -> Found:
        path, values = "/v3/pay/transactions/out-trade-no/{number}", {"number": number}
        try:
            said = self._client.call("GET", path, values=values, query={"mchid": self._merchant})
        except Unavailable:
            return Found(Standing.UNKNOWN, code="no_answer")
        if not said.code and said.content.get("out_trade_no") != number:
            return Found(Standing.UNKNOWN, code="another_number")
        return mapping.found(said, app=self._app, merchant=self._merchant)

    def close(self, number: str) -> Found:
        path, values = "/v3/pay/transactions/out-trade-no/{number}/close", {"number": number}
        try:
            return mapping.closed(self._client.call("POST", path, values=values, body={"mchid": self._merchant}))
        except Unavailable:
            return Found(Standing.UNKNOWN, code="no_answer")

    def refund(self, order: PayBack) -> RefundFound:
        try:
            said = self._client.call("POST", "/v3/refund/domestic/refunds", body=mapping.refunding(order, notify_url=self._notify_url))
        except Unavailable:
            return RefundFound(Return.UNKNOWN, code="no_answer")
        return mapping.refused(said) if said.code else self._refunded(said, order.number)

    def query_refund(self, number: str, payment: str) -> RefundFound:
        try:
            said = self._client.call("GET", "/v3/refund/domestic/refunds/{number}", values={"number": number})
        except Unavailable:
            return RefundFound(Return.UNKNOWN, code="no_answer")
        return mapping.absent(said) if said.code else self._refunded(said, number)

    def read(self, headers: Mapping[str, str], body: bytes) -> Callback:
        """Signature over the raw bytes first, then the seal: a platform key signs for all merchants, and only ours opens."""
        if not self._client.is_genuine(headers, body):
            return Callback(False, _NO)
        try:
            event = json.loads(body)
            resource = self._client.opened(event["resource"])
            kind, id = str(event["event_type"]), str(event["id"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return Callback(False, _NO)
        if resource is None or resource.get("mchid") != self._merchant or kind not in _KNOWN or not 0 < len(id) <= 128:
            return Callback(False, _NO)
        return Callback(True, _THANKS, event=id, kind=kind.lower(), number=str(resource.get("out_trade_no", ""))[:64])

    def bill(self, day: date) -> Bill:
        """The trade bill. Its digest is over the plain file; one that does not fit is as good as none."""
        query = {"bill_date": day.isoformat(), "bill_type": "ALL", "tar_type": "GZIP"}
        try:
            said = self._client.call("GET", "/v3/bill/tradebill", query=query)
            if said.code:
                return Bill(Standing.ABSENT if said.code == "nostatementexist" else Standing.UNKNOWN)
            content = gzip.decompress(self._client.file(str(said.content.get("download_url", ""))))
        except (Unavailable, Refusal, OSError, EOFError):
            return Bill(Standing.UNKNOWN)
        if said.content.get("hash_type") != "SHA1" or hashlib.sha1(content, usedforsecurity=False).hexdigest() != said.content.get(
            "hash_value"
        ):
            return Bill(Standing.UNKNOWN)
        lines = mapping.billed(content.decode("utf-8", errors="replace"))
        return Bill(Standing.UNKNOWN) if lines is None else Bill(Standing.PAID, lines)

    def _refunded(self, said: Said, number: str) -> RefundFound:
        if said.content.get("out_refund_no") != number:
            return RefundFound(Return.UNKNOWN, code="another_number")
        return mapping.refunded(said)
