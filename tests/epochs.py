"""A vault without an epoch, for tests that bring their own keyring or end epochs."""

from besttrav.privacy.models import LogSheet
from besttrav.privacy.vault.models import Epoch, MarkDigest, SheetKey


def forget_epochs() -> None:
    """Begin without an epoch. Ending one destroys its key at the key service, which no transaction takes back: were it an epoch that other
    tests had committed, they would all lose their people. Log files that visits of other tests opened go with their keys.
    """
    for table in (SheetKey, MarkDigest, Epoch, LogSheet):
        table.objects.all().delete()
