"""The page where the delivered texts can be read: plain HTML, newest first, renewed by the browser every three seconds, no script."""

from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from simulators.sms.books import Text

BEIJING = ZoneInfo("Asia/Shanghai")

STYLE = """
:root { color-scheme: light dark; --paper: #f4f2ec; --card: #fff; --ink: #22261f; --soft: #6a6f64; --line: #dcd8cc; --mark: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --paper: #171a16; --card: #20241e; --ink: #e9ebe4;
  --soft: #a2a89a; --line: #363b32; --mark: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.6 system-ui, "Noto Sans SC", "PingFang SC", sans-serif; }
main { max-width: 40rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.25rem; margin: 0; }
p.note { color: var(--soft); margin: .25rem 0 1.5rem; font-size: .875rem; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 4px 14px 14px 14px; padding:
  .75rem 1rem; margin: 0 0 1rem; }
header.to { display: flex; justify-content: space-between; gap: 1rem;
  font-size: .8125rem; color: var(--soft); font-variant-numeric: tabular-nums; }
header.to a { color: inherit; }
article p { margin: .25rem 0 0; white-space: pre-line; overflow-wrap: anywhere; }
mark { background: none; color: var(--mark); font-weight: 700; font-size: 1.125em; letter-spacing: .06em; }
.empty { border-style: dashed; color: var(--soft); text-align: center; padding: 2rem; border-radius: 14px; }
"""


def page(messages: list[Text], phone: str = "") -> str:
    """All texts, or those of one number."""
    shown = "".join(_article(message) for message in messages) or '<article class="empty">还没有短信 · No texts yet</article>'
    everything = ' · <a href="/">全部 / all</a>' if phone else ""
    return (
        '<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="refresh" content="3"><title>模拟短信 · Simulated texts</title><link rel="stylesheet" href="/style.css"></head>'
        f"<body><main><h1>模拟短信 · Simulated texts</h1>"
        f'<p class="note">没有真正发出 · Nothing here was really sent.{everything}</p>{shown}</main></body></html>'
    )


def _article(message: Text) -> str:
    moment = datetime.fromisoformat(message.taken_at).astimezone(BEIJING).strftime("%m-%d %H:%M:%S")
    return (
        f'<article><header class="to"><a href="/?phone={escape(message.phone)}">{escape(message.phone)}</a><time>{moment}</time></header>'
        f"<p>{_with_code(escape(message.text))}</p></article>"
    )


def _with_code(text: str) -> str:
    """The six digits of a code stand out, where the last line repeats them for the browser."""
    code = text.rpartition("#")[2]
    return text.replace(code, f"<mark>{code}</mark>", 1) if code.isdigit() and len(code) == 6 else text
