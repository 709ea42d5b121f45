"""Commission rules: one proposes, another confirms, and no two are in force for the same sale."""

from datetime import date

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from besttrav.books import actions
from besttrav.books.models import RoundingName, Rule, RuleState
from besttrav.catalogue.models import Product
from besttrav.journal.operations import move, record
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal
from besttrav.payments.operations import second_person, staff


class RuleOverlaps(Refusal):
    """Two rules would say of one sale what it earns."""

    code = "rule_overlaps"
    message = _("Another rule for the same insurer, product and partner holds in this period.")
    way_out = _("Choose days that it leaves free.")


class UnknownProduct(Refusal):
    code = "unknown_product"
    message = _("There is no product of this name.")
    way_out = _("Choose one from the list, or leave it empty for all products of the insurer.")


class NothingProposed(Refusal):
    code = "rule_not_proposed"
    message = _("This has been decided in the meantime.")
    way_out = _("Reload the page to see where it stands now.")


def propose_rule(
    *, insurer: str, product: str, partner: str, first_day: date, last_day: date, points: int, rounding: RoundingName, actor: Actor
) -> Rule:
    """Ask a second person to put a rule in force. Raises RuleOverlaps, again when it is confirmed, and UnknownProduct."""
    if product and not Product.objects.filter(slug=product).exists():
        raise UnknownProduct
    rule = Rule(
        insurer=insurer,
        product=product,
        partner=partner,
        first_day=first_day,
        last_day=last_day,
        points=points,
        rounding=rounding,
        proposed_by=staff(actor),
    )
    with transaction.atomic():
        _refuse_overlapping(rule)
        rule.save(force_insert=True)
        record(
            actions.RULE_PROPOSED, about=rule, actor=actor, insurer=insurer, product=product or None, partner=partner or None,
            points=points, rounding=rounding.value, first_day=first_day, last_day=last_day,
        )  # fmt: skip
    return rule


def confirm_rule(*, rule: Rule, is_right: bool, actor: Actor) -> None:
    """Put it in force as a second person, or turn it down. What was entered before and has no commission yet gets it by a job."""
    with transaction.atomic():
        rule.refresh_from_db(from_queryset=Rule.objects.select_for_update())
        if rule.state != RuleState.PROPOSED:
            raise NothingProposed
        if not is_right:
            move(rule, RuleState.REFUSED, actor=actor, because="not_confirmed")
            return
        confirmed_by = second_person(rule.proposed_by, actor)
        _refuse_overlapping(rule)
        move(rule, RuleState.IN_FORCE, actor=actor, because="second_person", confirmed_by=confirmed_by)


def _refuse_overlapping(rule: Rule) -> None:
    """Whoever looks holds the insurer's rules until the transaction ends; the database refuses what comes past this."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"books.rules:{rule.insurer}"])
    others = Rule.objects.filter(insurer=rule.insurer, product=rule.product, partner=rule.partner, state=RuleState.IN_FORCE)
    other = others.filter(first_day__lte=rule.last_day, last_day__gte=rule.first_day).exclude(pk=rule.pk).order_by("first_day").first()
    if other:
        days = {"first": other.first_day.isoformat(), "last": other.last_day.isoformat()}
        raise RuleOverlaps(_("Another rule for the same insurer, product and partner holds from %(first)s to %(last)s.") % days)
