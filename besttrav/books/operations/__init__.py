"""The verbs of finance. What leaves our accounts takes two people; nothing here is sent anywhere."""

from besttrav.books.operations.entering import accrue, enter, enter_missing
from besttrav.books.operations.handing_on import (
    NothingToSettle,
    RunMoved,
    RunUnderWay,
    agree,
    pay,
    propose_payout,
    propose_run,
)
from besttrav.books.operations.matching import (
    AlreadyTaken,
    NoStatements,
    NotInShape,
    TooLarge,
    TooManyDifferences,
    take_statement,
)
from besttrav.books.operations.ruling import NothingProposed, RuleOverlaps, UnknownProduct, confirm_rule, propose_rule
from besttrav.books.operations.taking_out import export_account, export_run

__all__ = [
    "AlreadyTaken",
    "NoStatements",
    "NotInShape",
    "NothingProposed",
    "NothingToSettle",
    "RuleOverlaps",
    "RunMoved",
    "RunUnderWay",
    "TooLarge",
    "TooManyDifferences",
    "UnknownProduct",
    "accrue",
    "agree",
    "confirm_rule",
    "enter",
    "enter_missing",
    "export_account",
    "export_run",
    "pay",
    "propose_payout",
    "propose_rule",
    "propose_run",
    "take_statement",
]
