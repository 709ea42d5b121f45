"""The accounts of the ledger, and what a balance in each of them means."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Account(models.TextChoices):
    """A debit is money that came to the account or a debt that was paid; a credit is money that left it or a debt that arose.

    Customers' money and what insurers pay us for our work stand in two halves of the ledger, and the database refuses a posting that
    reaches from one into the other: premiums are handed on in full, and commission is never taken out of them.
    保险经纪人监管规定, article 43, wants the two kept apart.
    """

    WECHAT_CLEARING = "wechat_clearing", _("held by WeChat Pay for us")
    ALIPAY_CLEARING = "alipay_clearing", _("held by Alipay for us")
    UNAPPLIED = "unapplied", _("received and not applied to an order")
    PREMIUM_HELD = "premium_held", _("premiums held for customers until a policy is issued")
    INSURER_PAYABLE = "insurer_payable", _("premiums owed to insurers")
    REFUND_PAYABLE = "refund_payable", _("refunds owed to customers")
    SURRENDER_FEES = "surrender_fees", _("fees of a channel that customers bear on a surrender")
    FEES = "fees", _("fees the channels kept")
    BANK = "bank", _("our premium account at the bank")

    COMMISSION_RECEIVABLE = "commission_receivable", _("commission that insurers owe us")
    COMMISSION_EARNED = "commission_earned", _("commission earned")
    COMMISSION_PASSED_ON = "commission_passed_on", _("commission passed on to partners")
    COMMISSION_PAYABLE = "commission_payable", _("commission that we owe partners")
    COMMISSION_BANK = "commission_bank", _("our commission account at the bank")

    @property
    def is_of_commission(self) -> bool:
        """Whether it stands in our half. The database goes by the same beginning of the name."""
        return self.value.startswith("commission_")

    @classmethod
    def clearing(cls, channel: str) -> "Account":
        """Where the money of a channel arrives."""
        return cls(f"{channel}_clearing")
