"""Which ways to pay a page offers: on a phone the channel's own page, on a computer a code to scan or a page."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from besttrav.payments.models import ChannelName, Scene
from besttrav.people.requests import Request


class Device(StrEnum):
    """What somebody pays with. A guess by the browser's own words, until they say otherwise."""

    PHONE = "phone"
    COMPUTER = "computer"

    @property
    def other(self) -> "Device":
        return Device.COMPUTER if self is Device.PHONE else Device.PHONE


@dataclass(frozen=True, slots=True)
class Way:
    """A channel on this device: what one presses, and what happens then."""

    scene: Scene
    channel: ChannelName
    says: str | Promise
    note: str | Promise = ""


_WAYS = {
    Device.COMPUTER: (
        Way(Scene.NATIVE, ChannelName.WECHAT, _("A code appears here. Scan it with WeChat on your phone.")),
        Way(Scene.PAGE, ChannelName.ALIPAY, _("You go to Alipay's page, pay there and come back.")),
    ),
    Device.PHONE: (
        Way(Scene.H5, ChannelName.WECHAT, _("WeChat opens on this phone. Afterwards you come back here.")),
        Way(Scene.WAP, ChannelName.ALIPAY, _("Alipay opens on this phone. Afterwards you come back here.")),
    ),
}
_IN_WECHAT = (
    Way(Scene.H5, ChannelName.WECHAT, _("You stay in WeChat, and come back here afterwards.")),
    Way(
        Scene.WAP,
        ChannelName.ALIPAY,
        _("Alipay opens on this phone. Afterwards you come back here."),
        _("WeChat does not open Alipay: open this page in the phone's browser first."),
    ),
)
_PHONES = ("Mobile", "Android", "iPhone", "HarmonyOS", "MicroMessenger")


def device_of(request: Request) -> Device:
    """As was chosen on the page, else as the browser says."""
    chosen = request.GET.get("device", "")
    if chosen in set(Device):
        return Device(chosen)
    says_so = request.headers.get("Sec-CH-UA-Mobile") == "?1" or any(mark in request.visitor.agent for mark in _PHONES)
    return Device.PHONE if says_so else Device.COMPUTER


def ways_for(device: Device, *, in_wechat: bool = False) -> tuple[Way, ...]:
    return _IN_WECHAT if in_wechat and device is Device.PHONE else _WAYS[device]
