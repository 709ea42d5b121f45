"""Keys in a hardware security module, through PKCS#11: they are made in the token, work in the token and cannot be taken out of it.

Needs the package python-pkcs11, the vendor's module, and a token that was given its PIN with the vendor's tools. Tested with SoftHSM2.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

import pkcs11
from django.core.exceptions import ImproperlyConfigured
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, MechanismFlag, ObjectClass

from besttrav.kernel import clock
from besttrav.kernel.errors import Unavailable
from besttrav.kernel.keys import KeyGone, SealBroken
from besttrav.providers.keys.names import new_reference
from besttrav.providers.keys.secret_file import refuse_loose

if TYPE_CHECKING:
    from pkcs11._pkcs11 import lib as Module

Result = TypeVar("Result")

_NONCE = 12
_TAG = 16

# A token may serve others too: this is on every object of ours, and the label is the key's reference.
_OURS = b"besttrav"

_PIN_FAULTS = (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinExpired, pkcs11.PinLenRange, pkcs11.PinLocked)

# What modules answer to a changed ciphertext. The standard wants the first two; SoftHSM2 gives the third, which may mean anything.
_REFUSED_TO_OPEN = (pkcs11.EncryptedDataInvalid, pkcs11.EncryptedDataLenRange, pkcs11.GeneralError, pkcs11.FunctionFailed)

# A module is one thing per process, with one login, and does one thing at a time.
_turn = RLock()


class EpochKey(Protocol):
    """The two things a key of ours does, which the package gives to any secret key without saying so in its types."""

    def encrypt(self, data: bytes, *, mechanism: Mechanism, mechanism_param: GCMParams) -> bytes: ...
    def decrypt(self, data: bytes, *, mechanism: Mechanism, mechanism_param: GCMParams) -> bytes: ...


class Pkcs11Keys:
    """KeyService in a token: one AES-256 key per epoch, sealing by AES-GCM with the context as associated data.

    A destroyed key leaves a small object with its name, so that a key which was destroyed and one this token has never held are told
    apart. A session that was lost (token pulled, daemon restarted, process forked) is opened again, once per call.
    """

    def __init__(self, module: str, token: str, pin_file: str | Path) -> None:
        self._module = module
        self._token = token
        self._pin_file = Path(pin_file)
        self._session: pkcs11.Session | None = None
        self._process = os.getpid()
        self._is_lost = False
        self._refused_pin = ""

    def create(self, label: str) -> str:
        reference = new_reference(label)
        self._in_token(lambda session: _generate(session, reference))
        return reference

    def wrap(self, reference: str, secret: bytes, context: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._in_token(lambda session: _seal(_key(session, reference), secret, GCMParams(nonce, context)))

    def unwrap(self, reference: str, sealed: bytes, context: bytes) -> bytes:
        nonce, rest = sealed[:_NONCE], sealed[_NONCE:]
        return self._in_token(lambda session: _open(_key(session, reference), rest, GCMParams(nonce, context)))

    def destroy(self, reference: str) -> None:
        self._in_token(lambda session: _bury(session, reference))

    def references(self) -> list[str]:
        return self._in_token(lambda session: sorted(str(key[Attribute.LABEL]) for key in _found(session, ObjectClass.SECRET_KEY)))

    def _in_token(self, work: Callable[[pkcs11.Session], Result]) -> Result:
        """Do it, and once more in a new session if the module complains: everything done here may be done twice."""
        with _turn:
            try:
                return work(self._opened())
            except pkcs11.PKCS11Error:
                self._session, self._is_lost = None, True
            try:
                return work(self._opened())
            except pkcs11.PKCS11Error as error:
                self._session = None
                raise Unavailable("keys", f"token {self._token}: {type(error).__name__}") from None

    def _opened(self) -> pkcs11.Session:
        if self._process != os.getpid():
            # What a parent process opened is not ours to use, nor to close.
            self._session, self._is_lost, self._process = None, True, os.getpid()
        if self._session and not _is_alive(self._session):
            self._session, self._is_lost = None, True
        if self._session is None:
            module = self._loaded()
            if self._is_lost:
                module.reinitialize()
            self._session, self._is_lost = self._logged_in(module.get_token(token_label=self._token)), False
        return self._session

    def _loaded(self) -> "Module":
        if not Path(self._module).is_file():
            raise ImproperlyConfigured(f"there is no PKCS#11 module at {self._module}: install it or name its path")
        return pkcs11.lib(self._module)

    def _logged_in(self, token: pkcs11.Token) -> pkcs11.Session:
        pin = self._pin()
        if pin == self._refused_pin:
            raise ImproperlyConfigured(f"token {self._token} refused the PIN in {self._pin_file}: change it there, each try counts")
        try:
            return token.open(rw=True, user_pin=pin)
        except pkcs11.UserAlreadyLoggedIn:
            return token.open(rw=True)
        except _PIN_FAULTS as error:
            self._refused_pin = pin
            raise ImproperlyConfigured(f"token {self._token} refused the PIN in {self._pin_file}: {type(error).__name__}") from None

    def _pin(self) -> str:
        try:
            refuse_loose(self._pin_file, self._pin_file.stat(), 0o600)
            return self._pin_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"the PIN file {self._pin_file} cannot be read: {error.strerror}") from None


def _is_alive(session: pkcs11.Session) -> bool:
    """Asked with something small, because the package cannot clean up after a search in a session that has ended."""
    try:
        session.generate_random(64)
    except pkcs11.PKCS11Error:
        return False
    return True


def _found(session: pkcs11.Session, kind: ObjectClass, reference: str = "") -> "Iterator[pkcs11.Object]":
    if kind is ObjectClass.DATA:
        wanted = {Attribute.CLASS: kind, Attribute.APPLICATION: _OURS.decode(), Attribute.LABEL: reference}
    else:
        wanted = {Attribute.CLASS: kind, Attribute.ID: _OURS} | ({Attribute.LABEL: reference} if reference else {})
    yield from session.get_objects(wanted)


def _key(session: pkcs11.Session, reference: str) -> EpochKey:
    for key in list(_found(session, ObjectClass.SECRET_KEY, reference)):
        return cast(EpochKey, key)
    if list(_found(session, ObjectClass.DATA, reference)):
        raise KeyGone(reference)
    raise Unavailable("keys", f"the token has never held {reference}", may_have_arrived=False)


def _generate(session: pkcs11.Session, reference: str) -> None:
    if not list(_found(session, ObjectClass.SECRET_KEY, reference)):
        session.generate_key(
            KeyType.AES,
            256,
            id=_OURS,
            label=reference,
            store=True,
            capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
            template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.PRIVATE: True},
        )


def _bury(session: pkcs11.Session, reference: str) -> None:
    if not list(_found(session, ObjectClass.DATA, reference)):
        session.create_object(
            {
                Attribute.CLASS: ObjectClass.DATA,
                Attribute.TOKEN: True,
                Attribute.PRIVATE: True,
                Attribute.APPLICATION: _OURS.decode(),
                Attribute.LABEL: reference,
                Attribute.VALUE: f"destroyed {clock.now().isoformat()}".encode(),
            }
        )
    for key in list(_found(session, ObjectClass.SECRET_KEY, reference)):
        key.destroy()


def _seal(key: EpochKey, secret: bytes, parameters: GCMParams) -> bytes:
    return bytes(key.encrypt(secret, mechanism=Mechanism.AES_GCM, mechanism_param=parameters))


def _open(key: EpochKey, sealed: bytes, parameters: GCMParams) -> bytes:
    if len(parameters.nonce) < _NONCE or len(sealed) < _TAG:
        raise SealBroken
    try:
        return bytes(key.decrypt(sealed, mechanism=Mechanism.AES_GCM, mechanism_param=parameters))
    except _REFUSED_TO_OPEN:
        if _still_works(key):
            raise SealBroken from None
        raise


def _still_works(key: EpochKey) -> bool:
    """Whether the token opens what it sealed a moment ago: then it is well, and what it refused was at fault."""
    nonce = os.urandom(_NONCE)
    sealed = _seal(key, b"a probe", GCMParams(nonce, b"probe"))
    return bytes(key.decrypt(sealed, mechanism=Mechanism.AES_GCM, mechanism_param=GCMParams(nonce, b"probe"))) == b"a probe"
