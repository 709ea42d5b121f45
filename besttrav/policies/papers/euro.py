"""What a euro cost on a day, read once from `euro.toml`, where the source stands beside each rate."""

import tomllib
from datetime import date
from pathlib import Path

from besttrav.policies.papers.certificate import Rate

_RATES = [Rate(**row) for row in tomllib.loads(Path(__file__).with_name("euro.toml").read_text(encoding="utf-8"))["rates"]]


def rate_on(day: date) -> Rate:
    """The newest rate that is not later than this day; before the first one, the first."""
    return max((rate for rate in _RATES if rate.on <= day), key=lambda rate: rate.on, default=_RATES[0])
