"""Jobs of this room."""

from besttrav.journal.following import follow
from besttrav.journal.queries import entry
from besttrav.kernel.jobs import job
from besttrav.people.models import Account
from besttrav.people.operations import devices, restoring, searching, travellers, watching
from besttrav.privacy import actions as privacy
from besttrav.privacy.consent_codes import Consent


@job("people.sign_everybody_out", attempts=20)
def sign_everybody_out(*, entry_id: str) -> None:
    restoring.sign_everybody_out(restored_at=entry(entry_id).at)


@job("people.forget_devices", attempts=20)
def forget_devices(*, entry_id: str) -> None:
    withdrawn = entry(entry_id)
    if withdrawn.facts["code"] == Consent.K12.name.lower():
        for account in Account.objects.filter(subject=withdrawn.subject):
            devices.forget(account=account)


@job("people.watch_codes", lock="people.watch_codes")
def watch_codes(timestamp: int) -> None:
    watching.watch()


@job("people.drop_forgotten_searches")
def drop_forgotten_searches(timestamp: int) -> None:
    searching.drop_forgotten()


@job("people.tell_of_ending_travellers", lock="people.tell_of_ending_travellers")
def tell_of_ending_travellers(timestamp: int) -> None:
    travellers.tell_of_ending()


@job("people.drop_forgotten_travellers")
def drop_forgotten_travellers(timestamp: int) -> None:
    travellers.drop_forgotten()


follow(privacy.RESTORED, sign_everybody_out)
follow(privacy.CONSENT["withdrawn"], forget_devices)
