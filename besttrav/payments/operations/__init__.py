"""The verbs of money. Nothing is sent to a channel inside a transaction, and nothing is repeated before the channel was asked."""

from besttrav.payments.operations.comparing import compare_bill
from besttrav.payments.operations.paying import (
    AlreadyPaid,
    BeingLookedInto,
    NothingToPay,
    TooLate,
    ask,
    ask_if_due,
    begin,
    close,
    give_up,
    owe_insurer,
    prepay,
)
from besttrav.payments.operations.receiving import handle, receive
from besttrav.payments.operations.recovering import recover
from besttrav.payments.operations.refunding import (
    NothingCaptured,
    OtherDecision,
    RefundTooLate,
    RefundTooMuch,
    TooManyRefunds,
    ask_refund,
    refund,
    send_refund,
)

__all__ = [
    "AlreadyPaid",
    "BeingLookedInto",
    "NothingCaptured",
    "NothingToPay",
    "OtherDecision",
    "RefundTooLate",
    "RefundTooMuch",
    "TooLate",
    "TooManyRefunds",
    "ask",
    "ask_if_due",
    "ask_refund",
    "begin",
    "close",
    "compare_bill",
    "give_up",
    "handle",
    "owe_insurer",
    "prepay",
    "receive",
    "recover",
    "refund",
    "send_refund",
]
