"""Sounding the alarm when all one-time codes together look like an attack, and ending it when they do no longer."""

import logging
from datetime import timedelta

from django.db import transaction

from besttrav.journal.operations import record
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.people import actions, traffic
from besttrav.people.limits import WATCH
from besttrav.people.models import Alarm, AlarmKind

WATCHMAN = Actor.job("people.watching")
logger = logging.getLogger(__name__)


def watch() -> set[AlarmKind]:
    """Called every minute. Each alarm is an entry of the journal, a line for whoever watches the logs, and again after an hour."""
    now_so = traffic.alarms()
    with transaction.atomic():
        open_ones = {AlarmKind(alarm.kind): alarm for alarm in Alarm.objects.select_for_update().filter(ended_at=None)}
        for kind in now_so - open_ones.keys():
            _sound(Alarm(kind=kind))
        for kind in now_so & open_ones.keys():
            if clock.now() - open_ones[kind].sounded_at >= timedelta(seconds=WATCH.repeats):
                _sound(open_ones[kind])
        for kind in open_ones.keys() - now_so:
            _end(open_ones[kind])
    return now_so


def _sound(alarm: Alarm) -> None:
    alarm.sounded_at = clock.now()
    alarm.save()
    record(actions.ALARM_RAISED, about=alarm, actor=WATCHMAN, subject=None, kind=alarm.kind)
    logger.error("one-time codes: alarm %s", alarm.kind)


def _end(alarm: Alarm) -> None:
    alarm.ended_at = clock.now()
    alarm.save(update_fields=["ended_at"])
    record(actions.ALARM_ENDED, about=alarm, actor=WATCHMAN, subject=None, kind=alarm.kind)
