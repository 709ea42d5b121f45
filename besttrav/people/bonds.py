"""Binding what stands in a row under a key of the site's, so that whoever can only write to the record cannot make or change it.

A bond says that the row was written by us as it is, not that it is the newest: an older row put back with its bond fits again. Where that
matters, something outside the row is asked as well, such as the journal.
"""

import hmac
from hashlib import sha256

from django.conf import settings
from django.db import models

from besttrav.privacy.fields import Plain


def bond(what: str, *parts: object, key: str = "") -> str:
    """The keyed digest over these parts, apart from every other kind of thing that is bound."""
    derived = sha256(f"{what}\0{key or settings.SECRET_KEY}".encode()).digest()
    return hmac.new(derived, "|".join(str(part) for part in parts).encode(), sha256).hexdigest()


def fits(kept: str, true: str) -> bool:
    """Whether the bond in the row is the one we would write, compared in constant time."""
    return hmac.compare_digest(kept, true)


class Bound(models.Model):
    """A row with its bond. Who changes what is bound binds the row again, and only a row that was bound."""

    bond = Plain("keyed digest over random ids", models.CharField(max_length=64, default=""))

    class Meta:
        abstract = True

    @property
    def true_bond(self) -> str:
        """The bond over what must not be changed past us."""
        raise NotImplementedError

    @property
    def is_bound(self) -> bool:
        """Whether the row is as we wrote it."""
        return fits(self.bond, self.true_bond)

    def bind(self) -> None:
        """Write the bond of what stands here now; the caller saves it."""
        self.bond = self.true_bond
