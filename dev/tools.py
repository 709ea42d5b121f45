"""The two things the tests need that no Python package brings: a Chromium and SoftHSM. Found, else installed, else asked for."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dev.environment import BOOT, VENV
from dev.progress import exit_code, last_words, step, succeeds
from dev.trouble import Trouble

LOG = BOOT / "tools.log"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_BROWSERS = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium")
SOFTHSM_FOLDERS = (
    "usr/lib/softhsm",
    "usr/lib/*/softhsm",
    "usr/lib64",
    "usr/lib64/pkcs11",
    "usr/local/lib/softhsm",
    "opt/homebrew/lib/softhsm",
)


@dataclass(frozen=True)
class PackageManager:
    """How one kind of machine installs programs: commands with the name of the package put at their end."""

    program: str
    commands: tuple[tuple[str, ...], ...]
    names: dict[str, str]
    needs_root: bool = True


APT_OPTIONS = ("-o", "DPkg::Lock::Timeout=120")
MANAGERS = (
    PackageManager(
        "apt-get",
        (("apt-get", *APT_OPTIONS, "-qq", "update"), ("apt-get", *APT_OPTIONS, "-qq", "install", "-y", "--no-install-recommends", "{}")),
        {"chromium": "chromium", "softhsm": "softhsm2"},
    ),
    PackageManager("apk", (("apk", "add", "--no-cache", "{}"),), {"chromium": "chromium", "softhsm": "softhsm"}),
    PackageManager("dnf", (("dnf", "install", "-y", "-q", "{}"),), {"chromium": "chromium", "softhsm": "softhsm"}),
    PackageManager("brew", (("brew", "install", "--quiet", "{}"),), {"softhsm": "softhsm"}, needs_root=False),
)


def chromium() -> Path:
    """A Chromium that starts."""
    return _find(
        "Chromium",
        _looks_for_chromium,
        [lambda: _install("chromium"), _download_browser],
        "The browser tests need Chromium, and neither a package manager nor Playwright's own download could bring one.",
        "Install Chromium or Google Chrome yourself, or name one: CHROMIUM_PATH=/path/to/chrome make test",
    )


def softhsm() -> Path:
    """The PKCS#11 module of SoftHSM, which stands in for a hardware security module."""
    return _find(
        "SoftHSM",
        _looks_for_softhsm,
        [lambda: _install("softhsm")],
        "The tests of the hardware key store need SoftHSM, and no package manager could bring it.",
        "Have it installed (Debian, Ubuntu: apt install softhsm2; Fedora: dnf install softhsm; macOS: brew install softhsm),\n"
        "or name its module: SOFTHSM2_MODULE=/path/to/libsofthsm2.so make test",
    )


def fonts() -> Path:
    """A font configuration in which Chinese text has letters, whatever this machine has installed."""
    package = importlib.util.find_spec("justmytype_intl_cjk")
    assert package
    assert package.submodule_search_locations
    folder = Path(package.submodule_search_locations[0]) / "fonts"
    written = BOOT / "fonts.conf"
    written.parent.mkdir(exist_ok=True)
    written.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n<fontconfig>\n'
        '  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>\n'
        f"  <dir>{folder}</dir>\n  <cachedir>{BOOT / 'fontcache'}</cachedir>\n</fontconfig>\n"
    )
    return written


def _find(name: str, looks: Callable[[], Path | None], ways: list[Callable[[], None]], missing: str, way_out: str) -> Path:
    if found := looks():
        return found
    LOG.parent.mkdir(exist_ok=True)
    with step(f"Installing {name}"):
        for way in ways:
            way()
            if found := looks():
                return found
    words = last_words(LOG, 6)
    raise Trouble(f"{missing}\n\n{words}\n" if words else missing, way_out)


def _looks_for_chromium() -> Path | None:
    if named := os.environ.get("CHROMIUM_PATH"):
        return Path(named)
    candidates = [found for name in BROWSERS if (found := shutil.which(name))]
    candidates += [path for path in MAC_BROWSERS if Path(path).exists()]
    candidates += [str(path) for path in _downloaded_browsers()]
    # Asked to say its version: Ubuntu's package is an empty shell around a snap, and a download may lack libraries.
    return next((Path(found) for found in candidates if succeeds([found, "--version"])), None)


def _downloaded_browsers() -> Iterator[Path]:
    home = Path(
        os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
        or (Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "ms-playwright")
    )
    yield from home.glob("chromium-*/chrome-linux*/chrome")
    yield from home.glob("chromium-*/chrome-mac*/*.app/Contents/MacOS/*")


def _download_browser() -> None:
    playwright: list[str | Path] = [VENV / "bin" / "python", "-m", "playwright", "install"]
    exit_code([*playwright, *(["--with-deps"] if os.geteuid() == 0 else []), "chromium"], log=LOG)


def _looks_for_softhsm() -> Path | None:
    if named := os.environ.get("SOFTHSM2_MODULE"):
        return Path(named)
    found = (path for folder in SOFTHSM_FOLDERS for path in Path("/").glob(f"{folder}/libsofthsm2.so"))
    return next(found, None)


def _install(what: str) -> None:
    """Ask the machine's package manager, when it is ours to ask."""
    manager = next((each for each in MANAGERS if what in each.names and shutil.which(each.program)), None)
    prefix = _as_root() if manager and manager.needs_root else []
    if manager is None or prefix is None:
        return
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in manager.commands:
        exit_code([*prefix, *(word.format(manager.names[what]) for word in command)], log=LOG, env=env)


def _as_root() -> list[str] | None:
    """What to put before a command that needs root; None when we may not."""
    if os.geteuid() == 0:
        return []
    return ["sudo", "-n"] if shutil.which("sudo") and succeeds(["sudo", "-n", "true"]) else None
