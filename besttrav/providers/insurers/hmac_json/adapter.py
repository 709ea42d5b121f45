"""The JSON dialect as an Insurer."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from besttrav.insurers.port import (
    Absent,
    Callback,
    Capabilities,
    Command,
    Document,
    Endorsement,
    Forged,
    Outcome,
    Reply,
    Statement,
    Submit,
    Unknown,
    Waiting,
)
from besttrav.kernel import clock
from besttrav.kernel.errors import Unavailable
from besttrav.providers.insurers.hmac_json import mapping
from besttrav.providers.insurers.hmac_json.client import Client
from besttrav.providers.insurers.hmac_json.signature import flaw

_NUMBER = re.compile(r"[A-Z0-9]{8,32}")
_EVENT = re.compile(r"[0-9a-zA-Z-]{8,64}")
_STATEMENT = Statement(
    columns={"number": "保单号", "kind": "业务类型", "premium": "保费（元）", "commission": "经纪费（元）", "day": "业务日期"},
    kinds={"承保": "issue", "批改": "endorse", "续保": "renew", "退保": "cancel", "复效": "reinstate"},
)
_TAKEN = Reply(content=b'{"received":true}', content_type="application/json")


class JsonInsurer:
    """Fills `insurers.port.Insurer`. Options: code, address, partner (our account there), secret (a file), notify_url, lag in seconds."""

    def __init__(self, *, code: str, address: str, partner: str, secret: str, notify_url: str, lag: int = 60) -> None:
        self._client = Client(name=f"insurer:{code}", address=address, partner=partner, secret=Path(secret))
        self._notify_url = notify_url
        self.capabilities = Capabilities(
            endorsements=frozenset({Endorsement.CORRECT_PERSON, Endorsement.CHANGE_PERIOD, Endorsement.CHANGE_CONTACT}),
            lag=timedelta(seconds=lag),
            most_people=200,
            statement=_STATEMENT,
        )

    def perform(self, command: Command) -> Outcome:
        if isinstance(command, Submit):
            return self._outcome("/open/v2/policies/issue", mapping.submitting(command, self._notify_url))
        return self._outcome("/open/v2/policies/cancel", mapping.cancelling(command))

    def ask(self, submission: str) -> Outcome:
        return self._outcome("/open/v2/policies/query", {"requestNo": submission})

    def fetch_document(self, submission: str, policy_number: str) -> Document | Waiting | Absent | Unknown:
        """The interface answers with a link, which is followed on the insurer's own host only."""
        try:
            answer = self._client.call("/open/v2/policies/document", {"requestNo": submission, "policyNo": policy_number})
            link = mapping.document_link(answer)
            return Document(self._client.download(*link)) if isinstance(link, tuple) else link
        except Unavailable as error:
            return Unknown("no_answer", surely_unsent=not error.may_have_arrived)
        except (ValueError, TypeError):
            return Unknown("unreadable")

    def read_callback(self, path: str, headers: Mapping[str, str], body: bytes) -> Callback:
        wrong = flaw(partner=self._client.partner, secret=self._client.secret(), path=path, headers=headers, body=body, now=clock.now())
        if wrong:
            raise Forged(wrong)
        try:
            content = json.loads(body)
            event, number = content["eventId"], content["requestNo"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Forged("form") from None
        if not (isinstance(event, str) and isinstance(number, str) and _EVENT.fullmatch(event) and _NUMBER.fullmatch(number)):
            raise Forged("form")
        return Callback(event_id=event, number=number, reply=_TAKEN)

    def _outcome(self, path: str, content: dict[str, Any]) -> Outcome:
        try:
            return mapping.outcome(self._client.call(path, content))
        except Unavailable as error:
            return Unknown("no_answer", surely_unsent=not error.may_have_arrived)
        except (ValueError, TypeError):
            return Unknown("unreadable")
