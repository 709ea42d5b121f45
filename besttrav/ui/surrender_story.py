"""A surrender as its customer follows it: each step with its day, or the day it is expected by. Staff see the same beside their case."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from besttrav.kernel.clock import BEIJING
from besttrav.kernel.operator import operator
from besttrav.payments.models import Refund, RefundState
from besttrav.policies.limits import SURRENDER
from besttrav.policies.models import Missing, Policy, PolicyState, RefusedBecause, Surrender, SurrenderState
from besttrav.policies.operations import deciding
from besttrav.policies.queries import clocked, surrender_of, workdays_after
from besttrav.ui.forms import in_chinese

_U = SurrenderState
HALTED: str | Promise = gettext_lazy(
    "%(insurer)s has not carried it out yet. A person of ours is calling them; you need do nothing, and what you were promised stands."
)


@dataclass(frozen=True)
class SurrenderStory:
    surrender: Surrender
    insurer: str

    @cached_property
    def refund(self) -> Refund | None:
        """The newest refund of it: one that failed is followed by another, or by a transfer."""
        if self.surrender.cancelled_at is None:
            return None
        return Refund.objects.filter(payment=self.surrender.payment).select_related("payment").order_by("decided_at").last()

    @property
    def tone(self) -> str:
        """The sign of where it stands."""
        match self.surrender.state:
            case _U.DONE:
                return "ok"
            case _U.MISSING:
                return "you"
            case _U.REFUSED:
                return "no"
            case _:
                return "go"

    @property
    def steps(self) -> list[dict[str, Any]]:
        """What happened and what comes, in order. A step has `at`, or `by`, the day it is expected by; None where nobody can say."""
        return list(self._steps())

    def _steps(self) -> Iterator[dict[str, Any]]:
        one = self.surrender
        yield _done(one.asked_at, pgettext("surrender", "Received"), _("Reference %(number)s.") % {"number": one.number})
        if one.state == _U.REFUSED:
            taken_back = one.answer == RefusedBecause.OWN_WISH
            title = _("Taken back: the policy stands") if taken_back else _("Not accepted: the policy stands")
            yield _done(one.ended_at, title, str(RefusedBecause(one.answer).label))
            return
        if one.is_checked:
            yield self._checked()
        yield self._ended()
        if one.refund:
            yield from self._paid()

    def _checked(self) -> dict[str, Any]:
        one = self.surrender
        if one.agreed_at and one.state != _U.PROPOSED:
            return _done(one.agreed_at, pgettext("surrender", "Checked"))
        if one.state == _U.MISSING:
            return _open("now", clocked(one).due, _("We need something from you"), missing=self._to_send(one.missing))
        to_send = [code.value for code in deciding.needed(one)] if one.state == _U.RECEIVED else []
        return _open("now", clocked(one).due, _("We check it"), missing=self._to_send(to_send))

    def _ended(self) -> dict[str, Any]:
        one = self.surrender
        title = _("%(insurer)s ends the policy") % {"insurer": self.insurer}
        if one.cancelled_at:
            last = one.last_day
            said = [_("The last day of cover was %(day)s.") % {"day": last.isoformat()} if last else _("The cover never began.")]
            said += [] if one.refund else [_("Nothing comes back.")]
            text = ("" if in_chinese() else " ").join(said)
            return _done(one.cancelled_at, _("%(insurer)s has ended the policy") % {"insurer": self.insurer}, text)
        if one.state == _U.HALTED:
            return _open("now", clocked(one).due, title, str(HALTED) % {"insurer": self.insurer})
        if one.state == _U.AT_INSURER:
            return _open("now", clocked(one).due, title)
        asked_on = one.asked_at.astimezone(BEIJING).date()
        return _open("todo", workdays_after(asked_on, SURRENDER.accept_workdays + SURRENDER.process_workdays), title)

    def _paid(self) -> Iterator[dict[str, Any]]:
        one, refund = self.surrender, self.refund
        amount = f"¥{one.refund}"
        sent_at = (refund.sent_at or (refund.decided_at if refund.is_by_hand else None)) if refund else None
        title = _("%(amount)s sent") % {"amount": amount} if sent_at else _("%(amount)s is sent") % {"amount": amount}
        yield _done(sent_at, title, self._way(refund)) if sent_at and refund else _open("todo", one.promised_by, title)
        if refund and refund.state == RefundState.SUCCEEDED:
            yield _done(refund.done_at, _("The bank has confirmed it"))
        else:
            halted = refund is not None and refund.state in (RefundState.STUCK, RefundState.FAILED)
            said = _("The payment service could not pay it out. We call you for a bank account and transfer it.") if halted else ""
            yield _open("now" if sent_at else "todo", one.promised_by, _("The bank confirms it"), said)

    def _way(self, refund: Refund) -> str:
        if refund.is_by_hand:
            return _("By bank transfer.")
        return _("To the %(channel)s account it was paid from.") % {"channel": refund.payment.get_channel_display()}

    def _to_send(self, codes: list[str]) -> list[object]:
        return [Missing(code).label for code in codes]

    @property
    def mailbox(self) -> str:
        """Where proof is sent to until papers can be handed over on the page."""
        return operator()["service_mailbox"]


def story_of(policy: Policy, insurer: str) -> SurrenderStory | None:
    """The story of the newest surrender of a policy; None where nobody ever gave it up."""
    found = surrender_of(policy)
    return SurrenderStory(found, insurer) if found else None


def changes_in_words(changes: list[dict[str, Any]]) -> str:
    """What a transaction changed, field by field: what stood there, and what stands there now."""
    arrow = [f"{_FIELDS[one['field']]}{'：' if in_chinese() else ': '}{_said(one, 'was')} → {_said(one, 'now')}" for one in changes]
    return ("；" if in_chinese() else "; ").join(arrow)


def _said(change: dict[str, Any], when: str) -> str:
    value = change[when]
    match change["field"]:
        case "premium_fen":
            return f"¥{value // 100:,}.{value % 100:02}"
        case "state":
            return str(PolicyState(value).label)
        case _:
            return value or pgettext("last day of cover", "none")


_FIELDS = {
    "state": pgettext_lazy("field of a contract", "state"),
    "last_day": pgettext_lazy("field of a contract", "last day of cover"),
    "premium_fen": pgettext_lazy("field of a contract", "premium"),
}


def _done(at: Any, title: str, text: str = "") -> dict[str, Any]:
    return {"state": "done", "at": at, "title": title, "text": text}


def _open(state: str, by: date | None, title: str, text: str = "", **more: Any) -> dict[str, Any]:
    return {"state": state, "by": by, "title": title, "text": text} | more
