"""The two ways things go wrong by design: a refusal, which a person can act on, and something outside that did not answer."""

from typing import ClassVar


class Refusal(Exception):
    """An expected failure. `message` is fit for the person reading it; `way_out` says what they can do now.

    Subclasses stand beside the verb that raises them. Neither text may hold a personal value: they are logged and shown.
    """

    code: ClassVar[str] = "refused"
    message: object = ""
    way_out: object = ""

    def __init__(self, message: object = "", *, way_out: object = "") -> None:
        self.message = message or type(self).message
        self.way_out = way_out or type(self).way_out
        super().__init__(str(self.message))


class Unavailable(Exception):
    """Something outside did not answer, so nobody knows what happened: ask before repeating.

    `name` says which port or store; nothing of what was sent or received is kept. `may_have_arrived` is False only where it is
    certain that not one byte of the request left, and repeating is therefore safe.
    """

    def __init__(self, name: str, because: str = "", *, may_have_arrived: bool = True) -> None:
        self.name = name
        self.may_have_arrived = may_have_arrived
        super().__init__(f"{name} is unavailable{': ' + because if because else ''}")

    def __reduce__(self) -> tuple[object, ...]:
        """Jobs and worker processes hand errors on by pickling them, which by default would call us with the sentence as the name."""
        return _revived, (type(self), self.args, self.__dict__)


def _revived(kind: type[Unavailable], arguments: tuple[object, ...], state: dict[str, object]) -> Unavailable:
    error = kind.__new__(kind, *arguments)
    error.__dict__.update(state)
    return error
