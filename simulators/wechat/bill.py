"""The trade bill of a day: what the books say, in the vendor's form."""

from datetime import date, datetime

from simulators.cashier.books import Books, Refund, Trade
from simulators.cashier.faults import Script
from simulators.wechat.orders import BEIJING, TYPES

HEADS = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,"
    "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
SUMMARY = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
PER_TEN_THOUSAND = 60  # the fee, 0.60 %


def bill(books: Books, script: Script, day: date, merchant: str) -> str:
    """The whole file; empty when nothing moved on that Beijing day."""
    trades = [trade for trade in reversed(books.trades(100_000)) if trade.paid_at and _day(trade.paid_at) == day]
    refunds = [refund for refund in books.refunds() if _day(refund.created_at) == day]
    rows = []
    for trade in trades:
        if not script.next("bill_missing", number=trade.number):
            changed = script.next("bill_changed", number=trade.number)
            rows.append(_payment(trade, merchant, fen=changed.fen if changed else 0))
    if trades and script.next("bill_extra"):
        rows.append(_payment(trades[0], merchant, number="BTP00000000000000000000EXTRA"))
    if trades and script.next("bill_twice"):
        rows.append(_payment(trades[0], merchant))
    rows += [_back(refund, of, merchant) for refund in refunds if (of := books.trade(refund.trade))]
    if not rows:
        return ""
    paid, back = sum(trade.fen for trade in trades), sum(refund.fen for refund in refunds)
    totals = [str(len(rows)), _yuan(paid), _yuan(back), "0.00", _fee(paid - back), _yuan(paid), _yuan(back)]
    return "\r\n".join([HEADS, *rows, SUMMARY, _row(totals), ""])


def _payment(trade: Trade, merchant: str, *, fen: int = 0, number: str = "") -> str:
    amount = fen or trade.fen
    start = [*_start(trade, trade.paid_at, merchant, number), "SUCCESS", "OTHERS", trade.currency, _yuan(amount), "0.00"]
    return _row([*start, "0", "0", "0.00", "0.00", "", "", trade.description, "", _fee(amount), "0.60%", _yuan(amount), "0.00", ""])


def _back(refund: Refund, trade: Trade, merchant: str) -> str:
    start = [*_start(trade, refund.created_at, merchant, ""), "REFUND", "OTHERS", trade.currency, "0.00", "0.00"]
    back = [refund.reference, refund.number, _yuan(refund.fen), "0.00", "ORIGINAL", refund.status]
    return _row([*start, *back, trade.description, "", _fee(-refund.fen), "0.60%", "0.00", _yuan(refund.fen), ""])


def _start(trade: Trade, moment: str, merchant: str, number: str) -> list[str]:
    at = datetime.fromisoformat(moment).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    return [at, trade.app, merchant, "0", "", trade.reference, number or trade.number, f"o{trade.token}simulated", TYPES[trade.scene]]


def _row(cells: list[str]) -> str:
    return ",".join(f"`{cell}" for cell in cells)


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"


def _fee(fen: int) -> str:
    """The fee of an amount, in yuan with five places, rounded to a fen as the vendor rounds it."""
    sign, fee = ("-" if fen < 0 else ""), (abs(fen) * PER_TEN_THOUSAND + 5_000) // 10_000
    return f"{sign}{fee // 100}.{fee % 100:02}000"


def _day(moment: str) -> date:
    return datetime.fromisoformat(moment).astimezone(BEIJING).date()
