"""Declaring personal data: one line per field, and sealing, masking, purpose, access log, export, retention and erasure follow.

    class Insured(PersonalModel):
        person = SheetField(_("insured person"))
        name = PersonalField(Kind.NAME, of="person", keep=Keep.CONTRACT, purposes={CONCLUDE, SERVE, CLAIM}, searchable=True)

The attribute is a `Sealed` value: what it prints, serialises and pickles to is its kind, never its text. Text goes in by assignment and
comes out through `gate.reveal` alone. Columns that are not personal say why: `Plain("product name", models.CharField(...))`.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self, TypeVar
from uuid import UUID

from django.apps import apps
from django.core.exceptions import FieldError
from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.models.lookups import IsNull

from besttrav.kernel import ids
from besttrav.kernel.statements import insert_all, insert_of, straight, update_of
from besttrav.privacy.keeping import Keep
from besttrav.privacy.kinds import Kind
from besttrav.privacy.purposes import Purpose

if TYPE_CHECKING:
    AnyField = TypeVar("AnyField", bound=models.Field[Any, Any])
    _BinaryField = models.BinaryField[Any, Any]
    _UUIDField = models.UUIDField[Any, Any]
    _QuerySet = models.QuerySet[Any]
else:  # The stubs make these generic; at run time they are not.
    AnyField = TypeVar("AnyField")
    _BinaryField, _UUIDField, _QuerySet = models.BinaryField, models.UUIDField, models.QuerySet


def Plain(reason: str, field: AnyField) -> AnyField:
    """Declare that a text, date, JSON or file column never holds personal data, and why."""
    if not reason:
        raise ValueError("say why the column is not personal")
    field.plain_reason = reason  # type: ignore[attr-defined]  # read by the house test and the data map
    return field


class Sealed:
    """A personal value in its envelope. It can be stored again and given to the gate, and nothing else."""

    __slots__ = ("_bytes", "field")

    def __init__(self, field: "PersonalField", sealed: bytes) -> None:
        self.field = field
        self._bytes = sealed

    def __str__(self) -> str:
        return f"[{self.field.kind.name.lower()}]"

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("sealed values are not compared: use gate.find or gate.reveal")

    __hash__ = None  # type: ignore[assignment]  # a sealed value must not become a key either


class Fresh(Sealed):
    """A personal value that was assigned and is not stored yet. As silent as a sealed one."""

    __slots__ = ("text",)

    def __init__(self, field: "PersonalField", text: str) -> None:
        super().__init__(field, b"")
        self.text = text

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)


def sealed_bytes(value: object) -> bytes:
    """The envelope's bytes, for this room's own use."""
    assert type(value) is Sealed
    return value._bytes


class _Attribute:
    """Keeps the raw bytes in the instance and wraps them when asked, so that loading a list costs next to nothing."""

    def __init__(self, field: "PersonalField") -> None:
        self.field = field
        self.name = field.attname

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        if instance is None:
            return self
        try:
            value = instance.__dict__[self.name]
        except KeyError:
            instance.refresh_from_db(fields=[self.name])
            value = instance.__dict__[self.name]
        return value if value is None or isinstance(value, Sealed) else Sealed(self.field, bytes(value))

    def __set__(self, instance: models.Model, value: object) -> None:
        if value.__class__ is not bytes and value is not None:
            value = self.field.envelope(value)
        instance.__dict__[self.name] = value


class SheetField(_UUIDField):
    """Whose data a group of fields is: the id of one person's sheet in one file of the vault."""

    def __init__(self, label: object, *, null: bool = False) -> None:
        self.label = label
        super().__init__(null=null, db_index=True)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _path, _args, _options = super().deconstruct()
        return name, "django.db.models.UUIDField", [], {"db_index": True} | ({"null": True} if self.null else {})

    def clone(self) -> Any:
        return SheetField(self.label, null=self.null)


class PersonalField(_BinaryField):
    """Personal data of one kind, sealed under the sheet named by `of`.

    `keep` is the retention class, `purposes` the only reasons it can be opened for, `searchable` lets `gate.find` match it through keyed
    marks in the vault. `tag` is bound into every envelope and must outlive a rename: give the old one when renaming a field or model.
    """

    def __init__(
        self,
        kind: Kind,
        *,
        of: str,
        keep: Keep,
        purposes: Iterable[Purpose],
        searchable: bool = False,
        required: bool = False,
        tag: str = "",
        label: object = "",
    ) -> None:
        self.kind = kind
        self.of = of
        self.keep = keep
        self.purposes = frozenset(purposes)
        self.searchable = searchable
        self.required = required
        self.tag = tag
        self.label = label or kind.label
        super().__init__(null=not required, editable=False)

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _Attribute(self))
        if not cls._meta.abstract:
            self.tag = self.tag or f"{cls._meta.app_label}.{cls.__name__}.{name}".lower()
            self.place = self.tag.encode() + b"\0"
            if cls._meta.apps is apps:  # Migrations build models of their own, which are no declarations.
                _declared.append(self)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _path, _args, _options = super().deconstruct()
        return name, "django.db.models.BinaryField", [], {} if self.required else {"null": True}

    def clone(self) -> Any:
        return PersonalField(
            self.kind,
            of=self.of,
            keep=self.keep,
            purposes=self.purposes,
            searchable=self.searchable,
            required=self.required,
            tag=self.tag,
            label=self.label,
        )

    def envelope(self, value: object) -> "bytes | Fresh":
        """What an assigned value becomes. Raises TypeError for anything but text, a date or another envelope."""
        if isinstance(value, str):
            return Fresh(self, self.kind.clean(value))
        if isinstance(value, Fresh):
            return Fresh(self, value.text)
        if isinstance(value, Sealed):
            return sealed_bytes(value)
        if hasattr(value, "isoformat"):
            return Fresh(self, value.isoformat())
        raise TypeError(f"{self.name} takes text or a date, not {type(value).__name__}")

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes | None:
        value = model_instance.__dict__.get(self.attname)
        if isinstance(value, Fresh):
            seal([model_instance], only=[self.name])
            value = model_instance.__dict__[self.attname]
        if value is not None and (len(value) < 29 or value[0] not in (1, 2)):
            raise TypeError(f"{self.name} was given raw bytes")
        return value

    def get_prep_value(self, value: object) -> object:
        if value is None or isinstance(value, bytes):
            return value
        raise FieldError(
            f"{self.name} is sealed: it cannot be filtered, ordered, compared or updated in bulk. Use gate.find, or assign and save."
        )

    def get_db_prep_value(self, value: object, connection: Any, prepared: bool = False) -> object:
        return value if prepared else self.get_prep_value(value)

    @property
    def get_placeholder(self) -> Any:
        """None of our own: for BinaryField's sake Django would pass by its one-array-a-column way of inserting many rows."""
        raise AttributeError("get_placeholder")

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return IsNull
        raise FieldError(f"{self.name} is sealed: use gate.find to search for it")

    def value_to_string(self, obj: models.Model) -> str:
        return f"[{self.kind.name.lower()}]"

    def serves(self, purpose: Purpose) -> bool:
        """Whether this field may be opened for the purpose. A secret serves what it was declared for and no duty that reaches every field:
        to know it is to act as its owner, and nobody has a right or a duty to do that."""
        return purpose in self.purposes or (purpose.every_field and self.kind is not Kind.SECRET)

    def owner_of(self, instance: models.Model) -> UUID | None:
        """The sheet that holds this field of this row."""
        return instance.__dict__.get(self.of)


class PersonalQuerySet(_QuerySet):
    """Seals before a bulk insert, and refuses what would order by, or overwrite, envelopes."""

    def _prepare_for_bulk_create(self, objs: Sequence[models.Model]) -> None:
        super()._prepare_for_bulk_create(objs)  # type: ignore[misc]  # Django's own hook, absent from the stubs
        seal(objs)

    def bulk_create(self, objs: Iterable[Any], *args: Any, **options: Any) -> list[Any]:
        """A few rows go past what Django compiles anew for each number of them."""
        rows = list(objs)
        if args or options or len(rows) > FEW or self.db != DEFAULT_DB_ALIAS:
            return super().bulk_create(rows, *args, **options)
        seal(rows)
        insert_all(rows)
        return rows

    def update(self, **values: Any) -> int:
        for name, value in values.items():
            if value is not None and isinstance(self.model._meta.get_field(name), PersonalField):
                raise FieldError(f"{name} is sealed: assign and save it")
        return super().update(**values)

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None) -> int:
        names = list(fields)
        objs = list(objs)
        if personal := [name for name in names if isinstance(self.model._meta.get_field(name), PersonalField)]:
            raise FieldError(f"{', '.join(personal)} are sealed: assign and save")
        return super().bulk_update(objs, names, batch_size)

    def order_by(self, *names: Any) -> Self:
        declared = {field.name for field in fields_of(self.model)}  # type: ignore[arg-type]  # a model is hashable
        if sealed := [name for name in names if isinstance(name, str) and name.lstrip("-+") in declared]:
            raise FieldError(f"{', '.join(sealed)} cannot be ordered by: envelopes have no order")
        return super().order_by(*names)


class PersonalModel(models.Model):
    """A record that holds personal data. Its id is minted before the insert because every envelope is bound to it."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)

    objects: ClassVar[Any] = PersonalQuerySet.as_manager()
    # Whether the commit of a new row waits for the disk. Without, the rows of the last second may be lost with the machine's power: for
    # rows that nobody was promised. What is inserted in a transaction of the caller's waits all the same, because the rest of it must.
    waits_for_disk: ClassVar[bool] = True

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.pk}"

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """Seals what is stored now, and nothing else. A row and the marks it is found by change together.

        Nobody listens to a save here, so a new row goes straight to its INSERT: what Django does around it costs as much as six envelopes.
        """
        names = None if update_fields is None else list(update_fields)
        with transaction.atomic(savepoint=False) if is_searchable(type(self)) else nullcontext():
            seal([self], only=names)
            if self._state.adding and names is None and not args and options.keys() <= {"force_insert"}:
                self._do_insert(type(self)._base_manager, DEFAULT_DB_ALIAS, self._meta.local_concrete_fields, [], raw=False)
                self._state.adding, self._state.db = False, DEFAULT_DB_ALIAS
            else:
                super().save(*args, update_fields=names, **options)

    def _do_insert(self, manager: Any, using: str, fields: Sequence[Any], returning_fields: Sequence[Any], raw: bool) -> Any:
        """Django compiles the INSERT of a row anew each time, which costs as much as eight envelopes; a model's is always the same."""
        if returning_fields or raw:
            return super()._do_insert(manager, using, fields, returning_fields, raw)  # type: ignore[misc]  # Django's own hook
        connection = connections[using]
        values = [field.get_db_prep_save(field.pre_save(self, True), connection) for field in fields]
        if any(hasattr(value, "resolve_expression") for value in values):
            return manager._insert([self], fields=fields, returning_fields=[], using=using, raw=raw)
        waits = self.waits_for_disk or connection.in_atomic_block
        straight(connection, insert_of(type(self)) + ("" if waits else _WITHOUT_WAITING), values)
        return []

    def _do_update(self, base_qs: Any, using: str, pk_val: Any, values: Any, *more: Any) -> bool:  # type: ignore[override]  # as it comes
        """The same for the UPDATE of a row."""
        values = list(values)
        if not values or any(hasattr(value, "resolve_expression") for _, _, value in values):
            return bool(super()._do_update(base_qs, using, pk_val, values, *more))
        connection = connections[using]
        saved = [field.get_db_prep_save(value, connection) for field, _, value in values]
        return bool(straight(connection, update_of(type(self), tuple(field.column for field, _, _ in values)), [*saved, pk_val]))


FEW = 20
_WITHOUT_WAITING = " RETURNING set_config('synchronous_commit', 'off', true)"
_declared: list[PersonalField] = []
_sealers: list[Callable[[Sequence[models.Model], Collection[str] | None], None]] = []


def declared_fields() -> list[PersonalField]:
    """Every personal field of every model, in order of tag."""
    return sorted(_declared, key=lambda field: field.tag)


@cache
def fields_of(model: type[models.Model]) -> list[PersonalField]:
    return [field for field in model._meta.concrete_fields if isinstance(field, PersonalField)]


@cache
def sheets_of(model: type[models.Model]) -> list[SheetField]:
    return [field for field in model._meta.concrete_fields if isinstance(field, SheetField)]


def personal_models() -> list[type[models.Model]]:
    """Every model with a sheet, in order of label."""
    return sorted({field.model for field in _declared}, key=lambda model: model._meta.label_lower)


def is_searchable(model: type[models.Model]) -> bool:
    """Whether rows of this model are found by keyed marks in the vault."""
    return any(field.searchable for field in fields_of(model))


def install_sealer(sealer: Callable[[Sequence[models.Model], Collection[str] | None], None]) -> None:
    """Called once by this room's start-up: fields are declared before the vault they are sealed through can be imported."""
    _sealers[:] = [sealer]


def seal(instances: Sequence[models.Model], only: Collection[str] | None = None) -> None:
    _sealers[0](instances, only)
