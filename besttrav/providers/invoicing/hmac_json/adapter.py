"""The JSON dialect as Invoicing."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from besttrav.invoices.port import Absent, Capabilities, Command, Document, Issue, Outcome, Unknown, Waiting
from besttrav.kernel.errors import Unavailable
from besttrav.providers.insurers.hmac_json.client import Client
from besttrav.providers.invoicing.hmac_json import mapping


class JsonInvoicing:
    """Fills `invoices.port.Invoicing`. Options: code of the insurer, address, partner (our account there), secret (a file), any_title, and
    lag in seconds."""

    def __init__(self, *, code: str, address: str, partner: str, secret: str, any_title: bool = True, lag: int = 60) -> None:
        self._client = Client(name=f"invoicing:{code}", address=address, partner=partner, secret=Path(secret))
        self.capabilities = Capabilities(any_title=any_title, lag=timedelta(seconds=lag))

    def perform(self, command: Command) -> Outcome:
        if isinstance(command, Issue):
            return self._outcome("/invoice/v1/issue", mapping.issuing(command))
        return self._outcome("/invoice/v1/reverse", mapping.reversing(command))

    def ask(self, number: str) -> Outcome:
        return self._outcome("/invoice/v1/query", {"requestNo": number})

    def fetch(self, number: str) -> Document | Waiting | Absent | Unknown:
        try:
            return mapping.document(self._client.call("/invoice/v1/document", {"requestNo": number}))
        except Unavailable as error:
            return Unknown("no_answer", surely_unsent=not error.may_have_arrived)
        except (ValueError, TypeError):
            return Unknown("unreadable")

    def _outcome(self, path: str, content: dict[str, Any]) -> Outcome:
        try:
            return mapping.outcome(self._client.call(path, content))
        except Unavailable as error:
            return Unknown("no_answer", surely_unsent=not error.may_have_arrived)
        except (ValueError, TypeError):
            return Unknown("unreadable")
