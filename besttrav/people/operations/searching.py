"""What people typed to find insurance: kept for themselves alone, for a short time, and gone when they say so (clause 2.3a)."""

from uuid import UUID

from django.db import transaction

from besttrav.journal.operations import record
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.people import actions
from besttrav.people.models import Account, SearchedWords
from besttrav.privacy import erasing, files
from besttrav.privacy.keeping import Keep
from besttrav.privacy.sealing import SheetClosed

LONGEST = 40  # characters: the field on the page takes no more


def remember(*, account: Account, words: str) -> None:
    """Keep what was typed, sealed under the sheet of this month's searches. Nothing typed, nothing kept."""
    typed = words.strip()[:LONGEST]
    if not typed:
        return
    try:
        _keep(account, typed, _sheet_of_this_month(account))
    except SheetClosed:  # Cleared this month, and searching still: what was kept before stays closed, this begins anew.
        _keep(account, typed, None)


def clear(*, account: Account, actor: Actor) -> int:
    """Forget all of it: the keys are destroyed, the rows removed. Returns how many searches there were; nothing is done for none."""
    with transaction.atomic():
        searches = account.searches.select_for_update()
        count = len(searches)
        if count:
            _erase(account, actor)
            account.searches.all().delete()
            record(actions.SEARCHES_CLEARED, about=account, actor=actor, subject=account.subject, searches=count)
    return count


def drop_forgotten() -> int:
    """Remove the rows whose words are past their time and have been erased. Returns how many."""
    count: int = SearchedWords.objects.filter(words__isnull=True).delete()[0]
    return count


def _keep(account: Account, words: str, sheet: UUID | None) -> None:
    searcher = sheet or files.open_sheet(keep=Keep.SEARCH, subject=account.subject).id
    SearchedWords.objects.create(searcher=searcher, account=account, words=words)


def _sheet_of_this_month(account: Account) -> UUID | None:
    today = clock.today()
    newest = account.searches.order_by("-searched_at").first()
    is_recent = newest and newest.searched_at.astimezone(clock.BEIJING).date() >= today.replace(day=1)
    return newest.searcher if newest and is_recent else None


def _erase(account: Account, actor: Actor) -> None:
    try:
        erasing.erase(subject=account.subject, actor=actor, because="searches_cleared", keeps=[Keep.SEARCH])
    except erasing.NothingToErase:  # Their period was over this very day: the sweep was here first.
        return
