"""The page of an invoice: what can be asked for, and how everything that was stands."""

from dataclasses import dataclass
from functools import cached_property

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from besttrav.invoices import queries
from besttrav.invoices.models import NOTHING, THERE, Invoice, InvoiceState, Kind
from besttrav.invoices.port import Invoicing
from besttrav.kernel.money import Money
from besttrav.policies.models import PolicyState
from besttrav.portal.order_page import ContractPage

_S = InvoiceState
TONES = {_S.OK: "ok", _S.DIFFERS: "wait", _S.REJECTED: "no", _S.GIVEN_UP: "plain"}

# What to know or do about an invoice where it stands.
WORDS: dict[InvoiceState, str | Promise] = {
    _S.ISSUED: _("It is issued. We compare its paper with what you asked for before you get it; usually within a minute."),
    _S.OK: _("It counts like one on paper. You can take it along here at any time."),
    _S.DIFFERS: _("It does not say what you asked for. We have the insurer put it right, and you need not do anything."),
    _S.REJECTED: _("The insurer did not accept it. Compare name and tax number, and ask again below."),
    _S.GIVEN_UP: _("Nothing was sent to the insurer: your data may not be given to it any more."),
}
RED: dict[InvoiceState, str | Promise] = {
    _S.OK: _("It takes the invoice above back: the premium or a part of it goes back, or something on it was wrong."),
    _S.REJECTED: _("It was not accepted. We look after it, and you need not do anything."),
}
UNDER_WAY = _("The insurer is issuing it: usually within minutes. You may leave this page and come back.")
TAKEN_BACK = pgettext_lazy("invoice", "taken back")


@dataclass(frozen=True, slots=True)
class Row:
    """An invoice as the page tells it."""

    invoice: Invoice
    is_taken_back: bool

    @property
    def title(self) -> str:
        return str(Kind(self.invoice.kind).label)

    @property
    def is_red(self) -> bool:
        return self.invoice.kind == Kind.RED

    @property
    def tone(self) -> str:
        return "plain" if self.is_taken_back else TONES.get(InvoiceState(self.invoice.state), "go")

    @property
    def state(self) -> object:
        return TAKEN_BACK if self.is_taken_back else InvoiceState(self.invoice.state).label

    @property
    def says(self) -> str | Promise:
        state = InvoiceState(self.invoice.state)
        if self.is_taken_back or (state == _S.GIVEN_UP and self.invoice.reason == "surrendered"):
            return ""
        own = RED.get(state) if self.is_red else None
        return own or WORDS.get(state, UNDER_WAY)


@dataclass(frozen=True)
class InvoicePage(ContractPage):
    """The invoices of one contract."""

    @cached_property
    def issuer(self) -> Invoicing | None:
        assert self.policy
        return queries.issuer(self.policy.insurer)

    @property
    def may_name_others(self) -> bool:
        return self.issuer is not None and self.issuer.capabilities.any_title

    @cached_property
    def invoices(self) -> list[Invoice]:
        assert self.policy
        return queries.invoices_of(self.policy)

    @cached_property
    def rows(self) -> list[Row]:
        taken_back = {one.of_id for one in self.invoices if one.of_id and one.state in THERE}
        return [Row(one, one.id in taken_back) for one in self.invoices]

    @property
    def is_waiting(self) -> bool:
        return any(one.is_running for one in self.invoices)

    @property
    def is_surrendered(self) -> bool:
        return self.policy is not None and self.policy.state == PolicyState.CANCELLED

    @cached_property
    def premium(self) -> Money:
        assert self.policy
        return queries.standing_premium(self.policy)

    @property
    def may_ask(self) -> bool:
        """Whether there is something to be invoiced, and somebody who does it."""
        is_invoiced = any(not (row.is_red or row.is_taken_back or row.invoice.state in NOTHING) for row in self.rows)
        return not is_invoiced and self.issuer is not None and bool(self.premium)

    @property
    def holder(self) -> str:
        """The policyholder's name, masked."""
        return next(row.name for row in self.people if row.party.is_holder)
