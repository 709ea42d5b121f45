"""The cashier: plain pages in Chinese and English for a phone, no script, and never to be taken for the real one."""

from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from simulators.cashier.books import CLOSED, PAID, Trade
from simulators.cashier.vendor import Look

BEIJING = ZoneInfo("Asia/Shanghai")
STYLE = """
:root { color-scheme: light dark; --paper: #f3f4f1; --card: #fff; --ink: #1d211c; --soft: #666d63; --line: #dcdfd8; }
@media (prefers-color-scheme: dark) { :root { --paper: #141713; --card: #1e221d; --ink: #ecefe9; --soft: #a0a89c; --line: #363c34; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.6 system-ui, "Noto Sans SC", "PingFang SC", sans-serif; }
.not-real { background: repeating-linear-gradient(-45deg, #f6d34a 0 14px, #2a2a24 14px 28px); padding: .5rem; text-align: center; }
.not-real strong { background: #f6d34a; color: #2a2a24; padding: .25rem .75rem; border-radius: 2px; font-size: .875rem; }
main { max-width: 26rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.125rem; margin: 0 0 1rem; display: flex; align-items: center; gap: .5rem; }
h1::before { content: ""; width: .75rem; height: 1.5rem; border-radius: 2px; background: var(--brand); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.25rem; margin: 0 0 1rem; }
.amount { font-size: 2.5rem; line-height: 1.2; font-weight: 650; text-align: center; margin: .5rem 0 1rem;
  font-variant-numeric: tabular-nums; }
.amount small { font-size: 1.25rem; font-weight: 400; margin-inline-end: .25rem; }
dl { margin: 0; display: grid; grid-template-columns: auto 1fr; gap: .375rem 1rem; font-size: .9375rem; }
dt { color: var(--soft); } dd { margin: 0; text-align: end; overflow-wrap: anywhere; }
form { display: grid; gap: .75rem; }
button, a.button { display: block; width: 100%; min-height: 48px; padding: .625rem 1rem; border-radius: 8px; border: 1px solid var(--line);
  background: var(--card); color: var(--ink); font: inherit; text-align: center; text-decoration: none; cursor: pointer; }
button.pay { background: var(--brand); border-color: var(--brand); color: #fff; font-weight: 650; }
button:focus-visible, a:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
p.said { text-align: center; font-size: 1.125rem; margin: .5rem 0 1.25rem; }
ul { list-style: none; margin: 0; padding: 0; } li + li { border-top: 1px solid var(--line); }
li a { display: flex; justify-content: space-between; gap: 1rem; padding: .75rem 0; color: inherit; text-decoration: none; }
li span:last-child { font-variant-numeric: tabular-nums; white-space: nowrap; }
.soft { color: var(--soft); font-size: .875rem; text-align: center; }
"""
SAID = {
    "paid": ("支付成功", "Paid"),
    "closed": ("订单已关闭", "This order is closed"),
    "over": ("已超过支付时间", "The time to pay is over"),
    "failed": ("支付失败：余额不足，未扣款", "Payment failed: not enough balance, nothing was charged"),
}


def cashier(look: Look, trade: Trade, *, said: str = "", back: str = "", is_over: bool = False) -> str:
    """The page of one trade: what is to be paid and three buttons, or what became of it."""
    said = said or {PAID: "paid", CLOSED: "closed"}.get(trade.status, "over" if is_over else "")
    buttons = "" if said in ("paid", "closed", "over") else _buttons(trade)
    told = f'<p class="said" role="status">{SAID[said][0]}<br>{SAID[said][1]}</p>' if said else ""
    link = f'<a class="button" href="{escape(back)}">返回商户 · Back to the merchant</a>' if back and not buttons else ""
    return _page(
        look,
        f'<section class="card"><p class="amount"><small>{_sign(trade)}</small>{_yuan(trade.fen)}</p><dl>'
        f"<dt>商品 · For</dt><dd>{escape(trade.description)}</dd>"
        f"<dt>订单 · Order</dt><dd>{escape(trade.number)}</dd>"
        f"<dt>截止 · Until</dt><dd>{_moment(trade.expires_at)}</dd></dl></section>{told}{buttons}{link}",
    )


def listing(look: Look, trades: list[Trade]) -> str:
    """The start page: every order, the newest first, as if one's phone had scanned it."""
    rows = "".join(
        f'<li><a href="/pay/{trade.token}"><span>{escape(trade.description)}<br><small class="soft">{_moment(trade.created_at)} · '
        f"{_STATUS[trade.status]}</small></span><span>{_sign(trade)}{_yuan(trade.fen)}</span></a></li>"
        for trade in trades
    )
    empty = '<p class="soft">还没有订单 · No orders yet</p>'
    again = '<a class="button" href="/">刷新 · Look again</a>'
    return _page(look, f'<section class="card">{f"<ul>{rows}</ul>" if rows else empty}</section>{again}')


def refusal(look: Look, code: str, text: str) -> str:
    """What a person sees whose link is not in order."""
    return _page(look, f'<section class="card"><p class="said">{escape(text)}</p><p class="soft">{escape(code)}</p></section>')


_STATUS = {
    "offered": "未登录 · not begun",
    "open": "待支付 · to be paid",
    "paid": "已支付 · paid",
    "closed": "已关闭 · closed",
}


def _buttons(trade: Trade) -> str:
    return (
        f'<form method="post" action="/pay/{trade.token}">'
        f'<button class="pay" name="act" value="pay">支付 · Pay {_sign(trade)}{_yuan(trade.fen)}</button>'
        '<button name="act" value="fail">模拟余额不足 · Let it fail</button>'
        '<button name="act" value="cancel">取消 · Cancel</button></form>'
    )


def _page(look: Look, content: str) -> str:
    title = f"{look.zh} · {look.en}"
    return (
        '<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title}</title><link rel="stylesheet" href="/style.css"></head><body>'
        f'<div class="not-real"><strong>模拟收银台，不会扣款 · Simulation, no money moves</strong></div>'
        f"<main><h1>{title}</h1>{content}</main></body></html>"
    )


def style(look: Look) -> str:
    return f":root {{ --brand: {look.colour}; }}\n{STYLE}"


def _sign(trade: Trade) -> str:
    return "¥" if trade.currency == "CNY" else f"{trade.currency} "


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02}"


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(BEIJING).strftime("%m-%d %H:%M")
