"""Our words and the vendor's."""

import csv
import io
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from besttrav.kernel.clock import BEIJING
from besttrav.payments.port import BillLine, Found, PayBack, Prepay, RefundFound, Return, Standing
from besttrav.providers.payments.wechat.client import Said

Json = dict[str, Any]

_STANDINGS = {
    "SUCCESS": Standing.PAID,
    "REFUND": Standing.PAID,
    "NOTPAY": Standing.OPEN,
    "CLOSED": Standing.CLOSED,
    "REVOKED": Standing.CLOSED,
}
_RETURNS = {"PROCESSING": Return.PROCESSING, "SUCCESS": Return.SUCCEEDED, "CLOSED": Return.FAILED, "ABNORMAL": Return.STUCK}
_PAID_ALREADY = {"orderpaid", "orderreversed"}
_CLOSED_ALREADY = {"orderclosed"}
_ABSENT = {"ordernotexist", "resourcenotexists", "resourcenotexist"}
# A refusal that no repetition under the same number will change. Everything else may be ours to mend: a key, a right, the balance.
_REFUSED_FOR_GOOD = {"paramerror", "invalidrequest", "rulelimit", "tradeerror", "ordernotexist", "resourcenotexists"}


def prepaying(order: Prepay, *, app: str, merchant: str, notify_url: str) -> Json:
    """The body of an order. The times of one number never change, so repeating it is the same order."""
    body: Json = {
        "appid": app,
        "mchid": merchant,
        "description": order.description,
        "out_trade_no": order.number,
        "time_expire": order.expires_at.astimezone(BEIJING).isoformat(timespec="seconds"),
        "notify_url": notify_url,
        "amount": {"total": order.amount.fen, "currency": "CNY"},
    }
    if order.scene == "h5":
        body["scene_info"] = {"payer_client_ip": order.payer_address, "h5_info": {"type": "Wap"}}
    return body


def found(said: Said, *, app: str, merchant: str) -> Found:
    """What a query said."""
    if said.code:
        return Found(Standing.ABSENT if said.code in _ABSENT else Standing.UNKNOWN, code=said.code)
    trade = said.content
    standing = _STANDINGS.get(str(trade.get("trade_state")), Standing.UNKNOWN)
    if standing is not Standing.PAID:
        return Found(standing)
    amount = trade.get("amount") or {}
    return Found(
        standing,
        fen=_fen(amount.get("total")),
        currency=str(amount.get("currency") or "CNY"),
        is_ours=(trade.get("appid"), trade.get("mchid")) == (app, merchant),
        reference=str(trade.get("transaction_id", "")),
        paid_at=_moment(trade.get("success_time")),
    )


def closed(said: Said) -> Found:
    """What closing said: success has no body."""
    if not said.code or said.code in _CLOSED_ALREADY:
        return Found(Standing.CLOSED)
    if said.code in _PAID_ALREADY:
        return Found(Standing.PAID)
    return Found(Standing.ABSENT if said.code in _ABSENT else Standing.UNKNOWN, code=said.code)


def refunding(order: PayBack, *, notify_url: str) -> Json:
    """The body of a refund."""
    return {
        "out_trade_no": order.payment,
        "out_refund_no": order.number,
        "reason": order.reason[:80],
        "notify_url": notify_url,
        "amount": {"refund": order.amount.fen, "total": order.paid.fen, "currency": "CNY"},
    }


def refunded(said: Said) -> RefundFound:
    """What asking for a refund, or about one, said."""
    status = said.content.get("status")
    amount = said.content.get("amount") or {}
    return RefundFound(
        _RETURNS.get(str(status), Return.UNKNOWN),
        fen=_fen(amount.get("refund")) or None,
        reference=str(said.content.get("refund_id", "")),
        done_at=_moment(said.content.get("success_time")),
    )


def refused(said: Said) -> RefundFound:
    """What a refusal to refund means: for ever, or not now."""
    return RefundFound(Return.REFUSED if said.code in _REFUSED_FOR_GOOD else Return.LATER, code=said.code)


def absent(said: Said) -> RefundFound:
    """What a refusal to tell of a refund means."""
    return RefundFound(Return.ABSENT if said.code in _ABSENT else Return.UNKNOWN, code=said.code)


def billed(text: str) -> tuple[BillLine, ...] | None:
    """The rows of a trade bill, whose cells begin with a backtick and whose money is in yuan; None when it is not one."""
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    if not rows or "商户订单号" not in rows[0]:
        return None
    heads = rows[0]
    lines = []
    for row in rows[1:]:
        if not row or not row[0].startswith("`"):  # the heads of the summary
            break
        cells = dict(zip(heads, (cell.removeprefix("`") for cell in row), strict=False))
        line = _line(cells)
        if line is None:
            return None
        lines.append(line)
    return tuple(lines)


def _line(cells: dict[str, str]) -> BillLine | None:
    is_refund = cells.get("交易状态") == "REFUND"
    fen, fee = yuan_in_fen(cells.get("退款金额" if is_refund else "订单金额", "")), yuan_in_fen(cells.get("手续费", "0"), digits=5)
    if fen is None or fee is None:
        return None
    return BillLine(cells.get("商户订单号", ""), cells.get("商户退款单号", "") if is_refund else "", fen, fee)


def yuan_in_fen(text: str, *, digits: int = 2) -> int | None:
    """An amount written in yuan, exactly; fees are written finer than a fen, and are rounded to it as the summary is."""
    try:
        yuan = Decimal(text)
    except InvalidOperation:
        return None
    if not yuan.is_finite() or yuan != yuan.quantize(Decimal(1).scaleb(-digits)):
        return None
    fen = yuan * 100
    return int(fen) if fen == int(fen) else int(fen.to_integral_value()) if digits > 2 else None


def _fen(value: object) -> int:
    """Only a whole number is an amount: 1.0 and "1" are not."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _moment(text: object) -> datetime | None:
    """A time as WeChat Pay writes it: RFC 3339 with its offset."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else None
