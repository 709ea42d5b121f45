"""A browser as it comes in: what it carries, before anybody knows whose it is."""

import hashlib
import ipaddress
import secrets
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Visitor:
    """`browser` binds a code to the browser that asked for it; `device` recognises one that signed in before. Both are random tokens."""

    browser: str
    device: str
    network: str
    agent: str
    language: str

    def __repr__(self) -> str:
        return "Visitor(…)"

    @property
    def browser_sha256(self) -> str:
        return digest(self.browser)

    @property
    def device_sha256(self) -> str:
        return digest(self.device) if self.device else ""

    @property
    def neighbourhood(self) -> str:
        """The network an address belongs to: its /24 or /64, which is what limits count by."""
        try:
            address = ipaddress.ip_address(self.network)
        except ValueError:
            return "unknown"
        return str(ipaddress.ip_network((address, 24 if address.version == 4 else 64), strict=False))


def device_name(agent: str) -> str:
    """A browser as its owner would call it: "Firefox on Windows". Unknown ones are told apart by nothing."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "?")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "?")
    return f"{browser} · {system}"


# The first mark that fits counts: Edge and WeChat also call themselves Chrome, Chrome also Safari.
_BROWSERS = [
    ("MicroMessenger", "WeChat"),
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
]
_SYSTEMS = [
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
]


def new_token() -> str:
    """256 random bits for a cookie."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is kept of a token: enough to recognise it, not enough to present it."""
    return hashlib.sha256(token.encode()).hexdigest()
