"""What those we settle with are called: insurers on the shelf by their short names, channels by theirs."""

from besttrav.catalogue.queries import on_shelf
from besttrav.kernel import clock
from besttrav.payments.models import ChannelName


def names() -> dict[str, str]:
    """By their codes; one statement once this process has read the products. Whoever is missing is called by the code."""
    channels = {channel.value: str(channel.label) for channel in ChannelName}
    return channels | {offer.insurer.code: str(offer.insurer.short_name) for offer in on_shelf(clock.today())}
