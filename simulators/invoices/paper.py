"""The paper of an invoice, set by Typst after the form of the fully digitalised invoice (数电票)."""

import json
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

import typst

from simulators.invoices.books import Invoice
from simulators.paper.policies import in_words

TEMPLATE = Path(__file__).with_name("invoice.typ")
_one_at_a_time = Lock()


def invoice_paper(invoice: Invoice, seller: dict[str, str], issued_at: datetime) -> bytes:
    """The PDF. An invented insurer has an invented tax number."""
    said = invoice.content
    sign = "-" if invoice.is_red else ""
    data = {
        "number": invoice.invoice_no,
        "day": f"{issued_at:%Y年%m月%d日}",
        "red": said["blue"],
        "buyer": said["title"],
        "buyer_number": said["tax_number"],
        "seller": seller["zh"],
        "seller_number": "99" + "".join(f"{ord(letter) % 100:02}" for letter in seller["code"])[:16].ljust(16, "0"),
        "amount": f"{sign}{said['amount'] // 100}.{said['amount'] % 100:02}",
        "in_words": ("（负数）" if invoice.is_red else "") + in_words(said["amount"]),
        "remark": f"保单号 {said['policy']}",
    }
    with _one_at_a_time:
        paper = _compiler().compile(
            format="pdf", sys_inputs={"data": json.dumps(data, ensure_ascii=False)}, timestamp=int(issued_at.timestamp())
        )
    assert isinstance(paper, bytes)
    return paper


@cache
def _compiler() -> typst.Compiler:
    wheel = find_spec("justmytype_intl_cjk")
    assert wheel is not None
    assert wheel.origin is not None
    return typst.Compiler(TEMPLATE, root=TEMPLATE.parent, font_paths=[Path(wheel.origin).parent / "fonts"], ignore_system_fonts=True)
