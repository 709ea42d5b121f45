"""Jobs of this room."""

from besttrav.insurers import actions, operations, queries
from besttrav.journal.following import follow
from besttrav.kernel.jobs import job


@job("insurers.heed_callback", queue="insurers")
def heed_callback(*, entry_id: str) -> None:
    operations.heed(item=queries.item_of(entry_id))


@job("insurers.withdraw", queue="insurers")
def withdraw(*, entry_id: str) -> None:
    operations.withdraw(exchange=queries.exchange_of(entry_id))


@job("insurers.recover", queue="insurers", lock="insurers.recover")
def recover(*, timestamp: int) -> None:
    operations.recover()


follow(actions.CALLED_BACK, heed_callback)
follow(actions.WITHDRAWAL_DUE, withdraw)
