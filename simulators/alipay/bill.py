"""The trade bill of a day: a ZIP of tables in GBK, names of files included."""

import io
import zipfile
from datetime import date, datetime

from simulators.alipay.signature import BEIJING
from simulators.alipay.trades import beijing, yuan
from simulators.cashier.books import Books, Refund, Trade
from simulators.cashier.faults import Script

HEADS = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,"
    "支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"
    "退款批次号/请求号,服务费（元）,分润（元）,备注"
)
PER_TEN_THOUSAND = 60  # the fee, 0.60 %


class GbkName(zipfile.ZipInfo):
    """An entry whose name is written in GBK without saying so, as the vendor's are."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("gbk"), self.flag_bits


def bill(books: Books, script: Script, day: date, seller: str) -> bytes:
    """The whole file; empty when nothing moved on that Beijing day."""
    trades = [trade for trade in reversed(books.trades(100_000)) if trade.paid_at and _day(trade.paid_at) == day]
    refunds = [refund for refund in books.refunds() if refund.done_at and refund.status == "SUCCESS" and _day(refund.done_at) == day]
    rows = []
    for trade in trades:
        if not script.next("bill_missing", number=trade.number):
            changed = script.next("bill_changed", number=trade.number)
            rows.append(_payment(trade, changed.fen if changed else trade.fen, trade.number))
    if trades and script.next("bill_extra"):
        rows.append(_payment(trades[0], trades[0].fen, "BTP00000000000000000000EXTRA"))
    if trades and script.next("bill_twice"):
        rows.append(_payment(trades[0], trades[0].fen, trades[0].number))
    rows += [_back(refund, of) for refund in refunds if (of := books.trade(refund.trade))]
    if not rows:
        return b""
    detail = ["#支付宝业务明细查询", f"#账号：[{seller}0156]", "#-----业务明细列表-----", HEADS, *rows, "#-----业务明细列表结束-----"]
    summary = [
        "#支付宝业务汇总查询",
        f"#账号：[{seller}0156]",
        "门店编号,交易订单总笔数,退款订单总笔数",
        f"合计,{len(trades)},{len(refunds)}",
    ]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for kind, lines in (("业务明细", detail), ("业务明细(汇总)", summary)):
            name = GbkName(f"{seller}0156_{day:%Y%m%d}_{kind}.csv")
            archive.writestr(name, ("\r\n".join(lines) + "\r\n").encode("gbk"))
    return content.getvalue()


def _payment(trade: Trade, fen: int, number: str) -> str:
    return _row(trade, number, "交易", trade.paid_at, fen, "")


def _back(refund: Refund, trade: Trade) -> str:
    return _row(trade, trade.number, "退款", refund.done_at, -refund.fen, refund.number)


def _row(trade: Trade, number: str, kind: str, done_at: str, fen: int, refund: str) -> str:
    amount, fee = _signed(fen), _signed(-((abs(fen) * PER_TEN_THOUSAND + 5_000) // 10_000) * (1 if fen > 0 else -1))
    start = [trade.reference, f"{number}\t", kind, trade.description, beijing(trade.created_at), beijing(done_at)]
    return ",".join([*start, "", "", "", "", "模拟买家", amount, amount, *["0.00"] * 5, "", "0.00", "0.00", refund, fee, "0.00", ""])


def _signed(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{yuan(abs(fen))}"


def _day(moment: str) -> date:
    return datetime.fromisoformat(moment).astimezone(BEIJING).date()
