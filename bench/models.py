"""One person's eight values, once plain and once sealed: same primary key, same indexed reference to the person, same eight columns."""

from django.db import models

from besttrav.kernel import clock, ids
from besttrav.privacy.fields import PersonalField, PersonalModel, Plain, SheetField
from besttrav.privacy.keeping import Keep
from besttrav.privacy.kinds import Kind
from besttrav.privacy.purposes import SERVE

VALUES = ("name", "phone", "email", "address", "employer", "occupation", "relation", "message")


def _plain() -> "models.TextField[str | None, str | None]":
    return Plain("invented, and what the sealed one is measured against", models.TextField(null=True))


class PlainPerson(models.Model):
    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    person = models.UUIDField(db_index=True)
    name = _plain()
    phone = _plain()
    email = _plain()
    address = _plain()
    employer = _plain()
    occupation = _plain()
    relation = _plain()
    message = _plain()


def _sealed(kind: Kind, *, searchable: bool = False) -> PersonalField:
    return PersonalField(kind, of="person", keep=Keep.ACCOUNT, purposes={SERVE}, searchable=searchable)


class SealedPerson(PersonalModel):
    person = SheetField("person")
    name = _sealed(Kind.NAME)
    phone = _sealed(Kind.MESSAGE)
    email = _sealed(Kind.EMAIL)
    address = _sealed(Kind.ADDRESS)
    employer = _sealed(Kind.EMPLOYER)
    occupation = _sealed(Kind.OCCUPATION)
    relation = _sealed(Kind.RELATION)
    message = _sealed(Kind.MESSAGE)


class FindablePerson(PersonalModel):
    """Sealed as well, with three values that can be searched for."""

    person = SheetField("person")
    name = _sealed(Kind.NAME, searchable=True)
    phone = _sealed(Kind.MESSAGE, searchable=True)
    email = _sealed(Kind.EMAIL, searchable=True)
    address = _sealed(Kind.ADDRESS)
    employer = _sealed(Kind.EMPLOYER)
    occupation = _sealed(Kind.OCCUPATION)
    relation = _sealed(Kind.RELATION)
    message = _sealed(Kind.MESSAGE)


class PlainEntry(models.Model):
    """A row like an entry of the journal, without its promises."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    at = models.DateTimeField(default=clock.now)
    action = Plain("a declared word", models.TextField())
    subject = models.UUIDField(db_index=True)
    actor_name = Plain("name of a job", models.TextField())
    facts = Plain("counts", models.JSONField())


class Good(models.Model):
    """Something on the shelves of the limit page."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    shelf = models.SmallIntegerField(db_index=True)
    name = Plain("invented name of a thing", models.TextField())
    says = Plain("filling text", models.TextField())
    price = models.IntegerField()
