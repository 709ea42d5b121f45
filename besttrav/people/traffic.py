"""All one-time codes of the site together: how many leave, how many are ever entered, how many are entered wrong.

One number, one browser and one network have limits of their own in `operations.codes`. An attack that keeps below all of them shows here.
"""

from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Q, Sum

from besttrav.kernel import clock
from besttrav.people.limits import WATCH
from besttrav.people.models import AlarmKind, Challenge

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def is_suspicious() -> bool:
    """Whether unknown browsers have to wait before a code leaves."""
    return are_few_answered() or is_spent(WATCH.spent_share, of_hour_only=True)


def are_few_answered() -> bool:
    """Whether of the newest codes that were entered, or can be no longer, too few were: see `answered_share`."""
    now = clock.now()
    settled = Challenge.objects.filter(created_at__gt=now - DAY).filter(
        Q(proved_at__isnull=False) | Q(expires_at__lte=now) | Q(replaced_at__isnull=False)
    )
    answers = list(settled.order_by("-created_at").values_list("proved_at", flat=True)[: WATCH.answered_over])
    answered = sum(at is not None for at in answers)
    return len(answers) >= WATCH.answered_over and answered < WATCH.answered_share * len(answers)


def are_many_wrong() -> bool:
    """Whether more of the last hour's entries were wrong than people mistype."""
    counted = Challenge.objects.filter(created_at__gt=clock.now() - HOUR).aggregate(wrong=Sum("tries"), right=Count("proved_at"))
    wrong, right = counted["wrong"] or 0, counted["right"]
    return bool(wrong + right >= WATCH.wrong_over and wrong > WATCH.wrong_share * (wrong + right))


def is_spent(share: float = 1.0, *, of_hour_only: bool = False) -> bool:
    """Whether this share of the budget is used up. Codes sent at the same moment are not seen yet: as many as there are threads."""
    return _sent(HOUR, settings.CODES_AN_HOUR, share) or (not of_hour_only and _sent(DAY, settings.CODES_A_DAY, share))


def alarms() -> set[AlarmKind]:
    """What is so at this moment."""
    found = {
        AlarmKind.WRONG: are_many_wrong(),
        AlarmKind.UNANSWERED: are_few_answered(),
        AlarmKind.HALF_SPENT: is_spent(WATCH.spent_share, of_hour_only=True),
        AlarmKind.SPENT: is_spent(1 - WATCH.reserved_share),
    }
    return {kind for kind, is_so in found.items() if is_so}


def _sent(period: timedelta, budget: int, share: float) -> bool:
    most = int(budget * share)
    # No further than to the limit: an attack makes the count no dearer.
    return bool(Challenge.objects.filter(created_at__gt=clock.now() - period)[:most].count() >= most)
