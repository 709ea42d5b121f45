"""The way into the vault, and the advisory locks that order work on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import InterfaceError, OperationalError, connections, transaction

from besttrav.kernel.errors import Unavailable
from besttrav.privacy.vault.router import VAULT

COPY_LOCK = 0x42650001
ROTATION_LOCK = 0x42650002


@contextmanager
def vault_cursor() -> Iterator[Any]:
    """A cursor on the vault; an unreachable vault is Unavailable, so that nobody mistakes it for an empty one."""
    with _unreachable_is_unavailable(), connections[VAULT].cursor() as cursor:
        yield cursor


@contextmanager
def beside_copying() -> Iterator[Any]:
    """A cursor in a transaction of the vault's own that waits for a batch being carried into a new epoch, and holds up the next one.

    Whoever takes keys or marks away needs it: what is deleted between a batch's reading and its writing would come back.
    """
    with _unreachable_is_unavailable(), transaction.atomic(using=VAULT), connections[VAULT].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [COPY_LOCK])
        yield cursor


@contextmanager
def _unreachable_is_unavailable() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise Unavailable("vault", type(error).__name__) from None
