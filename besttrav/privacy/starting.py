"""What every process asks before it serves: has a restore been replayed, and does the vault know the newest decisions outside?"""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from besttrav.kernel.errors import Unavailable
from besttrav.privacy import recovering


@register("serving")
def decisions_are_carried_out(app_configs: object, **_: Any) -> Sequence[CheckMessage]:
    """Replay what an older copy of the vault does not know; what cannot be replayed now stops the start.

    Runs with every management command, the worker among them, and from `wsgi.py` by `before_serving`. A database that is not there, or not
    migrated yet, is nobody's past: whoever needs it says so themselves, and the job that looks every minute asks again.
    """
    try:
        recovering.catch_up()
    except (Unavailable, DatabaseError):
        return []
    except OSError as error:
        return [Error(f"The ledger of erasures cannot be read: {error.strerror}", hint="See BESTTRAV_ERASURE_LEDGER.", id="privacy.E020")]
    return []


def before_serving() -> None:
    """For servers, which run no checks of Django's: raises ImproperlyConfigured instead of serving from the past."""
    for problem in decisions_are_carried_out(None):
        raise ImproperlyConfigured(f"{problem.msg} {problem.hint or ''}")
