"""Jobs of this room."""

from besttrav.contact import actions, operations
from besttrav.contact.models import Message
from besttrav.journal.following import follow
from besttrav.journal.queries import record_of
from besttrav.kernel.jobs import job


@job("contact.send_message", queue="messages")
def send_message(*, entry_id: str) -> None:
    operations.send(message=record_of(Message, entry_id))


@job("contact.recover_messages", queue="messages", lock="contact.recover_messages")
def recover_messages(*, timestamp: int) -> None:
    operations.recover()


follow(actions.PREPARED, send_message)
