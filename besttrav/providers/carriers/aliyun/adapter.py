"""Aliyun as a Carrier."""

from besttrav.contact.port import LookUp, Outcome, Result, SendText
from besttrav.kernel.errors import Unavailable
from besttrav.providers.carriers.aliyun import mapping
from besttrav.providers.carriers.aliyun.client import Client

_MOST_PAGES = 20


class AliyunCarrier:
    """Fills `contact.port.Carrier`. Options: address, key_id, secret, sign_name and, where they differ from ours, the template codes."""

    def __init__(self, *, address: str, key_id: str, secret: str, sign_name: str, templates: dict[str, str] | None = None) -> None:
        self._client = Client(address=address, key_id=key_id, secret=secret)
        self._sign_name = sign_name
        self._templates = mapping.TEMPLATES | (templates or {})

    def send(self, message: SendText) -> Outcome:
        """One call of SendSms. It has no idempotency, so it is never repeated here."""
        try:
            return mapping.sent(self._client.call("SendSms", mapping.sending(message, self._sign_name, self._templates)))
        except Unavailable:
            return Outcome(Result.UNKNOWN, code="no_answer")

    def look_up(self, question: LookUp) -> Outcome:
        """Read the day's details of the number until ours appears; it travels with the message as OutId."""
        try:
            for page in range(1, _MOST_PAGES + 1):
                answer = self._client.call("QuerySendDetails", mapping.asking(question, page))
                if answer.get("Code") != "OK":
                    return Outcome(Result.UNKNOWN, code=mapping.code_of(answer))
                if outcome := mapping.found(answer, question.number):
                    return outcome
                if mapping.is_last(answer, page):
                    return Outcome(Result.ABSENT)
        except Unavailable:
            pass
        return Outcome(Result.UNKNOWN, code="no_answer")
