"""The accounts of the ledger, and what a balance in each of them means."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Account(models.TextChoices):
    """A debit is money that came to the account or a debt that was paid; a credit is money that left it or a debt that arose."""

    WECHAT_CLEARING = "wechat_clearing", _("held by WeChat Pay for us")
    ALIPAY_CLEARING = "alipay_clearing", _("held by Alipay for us")
    UNAPPLIED = "unapplied", _("received and not applied to an order")
    PREMIUM_HELD = "premium_held", _("premiums held for customers until a policy is issued")
    INSURER_PAYABLE = "insurer_payable", _("premiums owed to insurers")
    REFUND_PAYABLE = "refund_payable", _("refunds owed to customers")
    SURRENDER_FEES = "surrender_fees", _("fees of a channel that customers bear on a surrender")
    FEES = "fees", _("fees the channels kept")
    BANK = "bank", _("our bank account, for what was paid back by hand")

    @classmethod
    def clearing(cls, channel: str) -> "Account":
        """Where the money of a channel arrives."""
        return cls(f"{channel}_clearing")
