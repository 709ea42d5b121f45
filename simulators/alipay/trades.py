"""The rules of trades and refunds, as strict as the vendor's. Its amounts are texts of yuan."""

import json
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from simulators.alipay.signature import BEIJING, Rejected
from simulators.cashier.books import CLOSED, OFFERED, OPEN, PAID, Books, Refund, Trade, written
from simulators.cashier.faults import Script

Json = dict[str, Any]
PRODUCTS = {"alipay.trade.page.pay": {"FAST_INSTANT_TRADE_PAY"}, "alipay.trade.wap.pay": {"QUICK_WAP_WAY", "QUICK_WAP_PAY"}}
REFUNDABLE = timedelta(days=365)

_NUMBER = re.compile(r"[0-9A-Za-z_-]{1,64}")
_YUAN = re.compile(r"(0|[1-9]\d{0,8})(\.\d{1,2})?")
_FIELDS = {
    "alipay.trade.query": {"out_trade_no", "trade_no", "query_options"},
    "alipay.trade.close": {"out_trade_no", "trade_no", "operator_id"},
    "alipay.trade.refund": {"out_trade_no", "trade_no", "refund_amount", "refund_reason", "out_request_no"},
    "alipay.trade.fastpay.refund.query": {"out_trade_no", "trade_no", "out_request_no", "query_options"},
}
_PAGE = {"out_trade_no", "product_code", "total_amount", "subject", "time_expire", "timeout_express", "passback_params", "body", "quit_url"}


class Trades:
    """One seller's trades in the books."""

    def __init__(self, books: Books, script: Script) -> None:
        self.books, self.script = books, script

    def offer(self, method: str, content: Json, given: dict[str, str]) -> Trade:
        """The page of a payment is opened. The trade itself comes to be when the person pays, so until then it is not known."""
        _only(content, _PAGE)
        number, fen = self._number(content), fen_of(content.get("total_amount"))
        if content.get("product_code") not in PRODUCTS[method] or not 0 < len(str(content.get("subject", ""))) <= 256:
            raise Rejected("40004", "ACQ.INVALID_PARAMETER", "参数无效")
        if (trade := self.books.trade(number)) is not None:
            if json.loads(trade.parameters) != content:
                raise Rejected("40004", "ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改")
            return trade
        return self.books.add_trade(
            number=number, reference=_reference(), scene=method.split(".")[2], description=str(content["subject"]), fen=fen, status=OFFERED,
            app=given["app_id"], expires_at=written(self._end(content)), notify_url=given.get("notify_url", ""),
            return_url=given.get("return_url", ""), parameters=content,
        )  # fmt: skip

    def known(self, method: str, content: Json) -> Trade:
        """The trade asked for. One past its time closes by itself."""
        _only(content, _FIELDS[method])
        trade = self.books.trade(self._number(content))
        if trade is None or trade.status == OFFERED:
            raise Rejected("40004", "ACQ.TRADE_NOT_EXIST", "交易不存在")
        if trade.status == OPEN and self.books.now() >= datetime.fromisoformat(trade.expires_at):
            return self.books.change_trade(trade.number, status=CLOSED, closed_at=self.books.moment())
        return trade

    def close(self, content: Json) -> Trade:
        trade = self.known("alipay.trade.close", content)
        if trade.status != OPEN:
            raise Rejected("40004", "ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
        return self.books.change_trade(trade.number, status=CLOSED, closed_at=self.books.moment())

    def refund(self, content: Json) -> tuple[Trade, Refund, bool]:
        """Give money back: under a known number it was given already. The flag says whether it moved now."""
        trade = self.known("alipay.trade.refund", content)
        number, fen = str(content.get("out_request_no", "")), fen_of(content.get("refund_amount"))
        if not _NUMBER.fullmatch(number):
            raise Rejected("40004", "ACQ.INVALID_PARAMETER", "out_request_no 无效")
        if known := self.books.refund(number):
            if (known.trade, known.fen) != (trade.number, fen):
                raise Rejected("40004", "ACQ.DISCORDANT_REPEAT_REQUEST", "同一笔退款请求金额不一致")
            return trade, known, False
        self._refuse_unless_possible(trade, fen)
        fault = self.script.next("refund_becomes", call="refund", number=trade.number)
        becomes = fault.word if fault else "SUCCESS"
        refund = self.books.add_refund(
            number=number, trade=trade.number, reference=trade.reference, fen=fen, becomes=becomes,
            due_at=self.books.moment(86_400), notify_url=trade.notify_url,
        )  # fmt: skip
        if becomes != "PROCESSING":
            self.books.change_refund(number, status=becomes, done_at=self.books.moment())
        return trade, refund, True

    def refunded_fen(self, trade: Trade) -> int:
        return sum(refund.fen for refund in self.books.refunds(trade.number) if refund.status != "FAIL")

    def status_of(self, trade: Trade) -> str:
        """The vendor's word for where a trade stands: wholly refunded is called closed."""
        if trade.status != PAID:
            return "WAIT_BUYER_PAY" if trade.status == OPEN else "TRADE_CLOSED"
        if self.refunded_fen(trade) == trade.fen:
            return "TRADE_CLOSED"
        is_finished = self.books.now() - datetime.fromisoformat(trade.paid_at) > REFUNDABLE
        return "TRADE_FINISHED" if is_finished else "TRADE_SUCCESS"

    def _refuse_unless_possible(self, trade: Trade, fen: int) -> None:
        if trade.status != PAID:
            raise Rejected("40004", "ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
        if self.status_of(trade) == "TRADE_FINISHED":
            raise Rejected("40004", "ACQ.TRADE_HAS_FINISHED", "交易已完结")
        if self.refunded_fen(trade) + fen > trade.fen:
            raise Rejected("40004", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限")

    def _number(self, content: Json) -> str:
        number = content.get("out_trade_no")
        if not isinstance(number, str) or not _NUMBER.fullmatch(number):
            raise Rejected("40004", "ACQ.INVALID_PARAMETER", "out_trade_no 无效")
        return number

    def _end(self, content: Json) -> datetime:
        try:
            end = datetime.strptime(content["time_expire"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
        except (KeyError, ValueError, TypeError):
            raise Rejected("40004", "ACQ.INVALID_PARAMETER", "time_expire 无效") from None
        if end <= self.books.now():
            raise Rejected("40004", "ACQ.INVALID_PARAMETER", "time_expire 已过")
        return end.astimezone(UTC)


def fen_of(text: object) -> int:
    """A text of yuan with at most two places, in fen."""
    if not isinstance(text, str) or not _YUAN.fullmatch(text):
        raise Rejected("40004", "ACQ.INVALID_PARAMETER", "金额格式错误")
    whole, _, part = text.partition(".")
    fen = int(whole) * 100 + int(part.ljust(2, "0") or 0)
    if fen < 1:
        raise Rejected("40004", "ACQ.INVALID_PARAMETER", "金额必须大于0")
    return fen


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"


def beijing(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def _only(content: Json, known: set[str]) -> None:
    if unknown := content.keys() - known:
        raise Rejected("40004", "ACQ.INVALID_PARAMETER", f"不支持的参数 {sorted(unknown)[0]}")


def _reference() -> str:
    return f"20{secrets.randbelow(10**26):026}"
