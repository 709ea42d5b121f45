"""Our words and the vendor's. Its amounts are texts of yuan, its times are Beijing's without saying so."""

import csv
import io
import zipfile
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from besttrav.kernel.clock import BEIJING
from besttrav.kernel.money import Money
from besttrav.payments.port import BillLine, Found, PayBack, Prepay, RefundFound, Return, Standing
from besttrav.providers.payments.alipay.client import Said

Json = dict[str, Any]

METHODS = {"page": "alipay.trade.page.pay", "wap": "alipay.trade.wap.pay"}
_PRODUCTS = {"page": "FAST_INSTANT_TRADE_PAY", "wap": "QUICK_WAP_WAY"}
_STANDINGS = {"WAIT_BUYER_PAY": Standing.OPEN, "TRADE_SUCCESS": Standing.PAID, "TRADE_FINISHED": Standing.PAID}
_ABSENT = "acq.trade_not_exist"
_RETURNS = {"REFUND_SUCCESS": Return.SUCCEEDED, "REFUND_PROCESSING": Return.PROCESSING, "REFUND_FAIL": Return.FAILED}
# Refusals that no repetition under the same number will change. Everything else may be ours to mend: a key, a right, the balance.
_REFUSED_FOR_GOOD = {
    "acq.trade_not_exist",
    "acq.trade_status_error",
    "acq.reason_trade_status_invalid",
    "acq.reason_trade_refund_fee_err",
    "acq.refund_amt_not_equal_total",
    "acq.trade_has_finished",
    "acq.trade_not_allow_refund",
    "acq.discordant_repeat_request",
    "acq.invalid_parameter",
}


def prepaying(order: Prepay) -> Json:
    """The content of a page's address."""
    return {
        "out_trade_no": order.number,
        "product_code": _PRODUCTS[order.scene],
        "total_amount": yuan(order.amount),
        "subject": order.description,
        "time_expire": order.expires_at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
    }


def found(said: Said) -> Found:
    """What a query said. TRADE_CLOSED stands for unpaid and for wholly refunded; only what was paid has a time of payment."""
    if not said.is_success:
        return Found(Standing.ABSENT if said.sub_code == _ABSENT else Standing.UNKNOWN, code=said.sub_code or said.code)
    trade = said.content
    status, paid_at = str(trade.get("trade_status")), _moment(trade.get("send_pay_date"))
    standing = _STANDINGS.get(status, Standing.UNKNOWN)
    if status == "TRADE_CLOSED":
        standing = Standing.PAID if paid_at else Standing.CLOSED
    if standing is not Standing.PAID:
        return Found(standing)
    return Found(
        standing,
        fen=fen(trade.get("total_amount")) or 0,
        currency=str(trade.get("trans_currency") or "CNY"),
        reference=str(trade.get("trade_no", "")),
        paid_at=paid_at,
    )


def closed(said: Said) -> Found:
    """What closing said. A trade in another state may be paid or closed: that is asked."""
    if said.is_success:
        return Found(Standing.CLOSED)
    return Found(Standing.ABSENT if said.sub_code == _ABSENT else Standing.UNKNOWN, code=said.sub_code or said.code)


def refunding(order: PayBack) -> Json:
    return {
        "out_trade_no": order.payment,
        "refund_amount": yuan(order.amount),
        "refund_reason": order.reason[:80],
        "out_request_no": order.number,
    }


def accepted(said: Said) -> RefundFound:
    """What asking for a refund said. Success means that it was taken, now or by an earlier call; whether it is done is asked."""
    if said.is_success:
        return RefundFound(Return.PROCESSING, reference=str(said.content.get("trade_no", "")))
    refused = said.sub_code in _REFUSED_FOR_GOOD
    return RefundFound(Return.REFUSED if refused else Return.LATER, code=said.sub_code or said.code)


def refunded(said: Said, number: str) -> RefundFound:
    """What asking about a refund said. Success without a refund in it means that there is none."""
    if not said.is_success:
        return RefundFound(Return.ABSENT if said.sub_code == _ABSENT else Return.UNKNOWN, code=said.sub_code or said.code)
    if said.content.get("out_request_no") != number:
        return RefundFound(Return.UNKNOWN if said.content.get("out_request_no") else Return.ABSENT)
    return RefundFound(
        _RETURNS.get(str(said.content.get("refund_status")), Return.PROCESSING),
        fen=fen(said.content.get("refund_amount")),
        reference=str(said.content.get("trade_no", "")),
        done_at=_moment(said.content.get("gmt_refund_pay")),
    )


def billed(content: bytes) -> tuple[BillLine, ...] | None:
    """The rows of a trade bill: the detail file of a ZIP, written in GBK; None when it is not one."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            tables = [archive.read(name).decode("gb18030") for name in archive.namelist() if name.lower().endswith(".csv")]
    except (zipfile.BadZipFile, UnicodeDecodeError, RuntimeError):
        return None
    for table in tables:
        rows = [row for row in csv.reader(io.StringIO(table)) if row and not row[0].startswith("#")]
        if rows and "商户订单号" in (heads := [cell.strip() for cell in rows[0]]) and "业务类型" in heads:
            lines = [_line(dict(zip(heads, (cell.strip() for cell in row), strict=False))) for row in rows[1:]]
            return None if None in lines else tuple(line for line in lines if line)
    return None


def yuan(amount: Money) -> str:
    """As Alipay writes an amount: 12.30, without grouping."""
    return f"{amount.fen // 100}.{amount.fen % 100:02}"


def fen(text: object) -> int | None:
    """An amount written in yuan, exactly; None for anything else."""
    try:
        hundredfold = Decimal(str(text)) * 100
    except InvalidOperation:
        return None
    return int(hundredfold) if hundredfold.is_finite() and hundredfold == hundredfold.to_integral_value() else None


def _line(cells: dict[str, str]) -> BillLine | None:
    amount, fee = fen(cells.get("订单金额（元）")), fen(cells.get("服务费（元）") or "0")
    if amount is None or fee is None:
        return None
    refund = cells.get("退款批次号/请求号", "") if cells.get("业务类型") == "退款" else ""
    return BillLine(cells.get("商户订单号", ""), refund, abs(amount), -fee)


def _moment(text: object) -> datetime | None:
    try:
        return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        return None
