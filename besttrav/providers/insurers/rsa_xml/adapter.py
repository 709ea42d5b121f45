"""The XML dialect as an Insurer."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from besttrav.insurers.port import (
    Absent,
    Callback,
    Capabilities,
    Command,
    Declined,
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
from besttrav.kernel.errors import Unavailable
from besttrav.providers.insurers.rsa_xml import mapping, xml
from besttrav.providers.insurers.rsa_xml.client import ROOT, Client

_NUMBER = re.compile(r"[A-Z0-9]{8,32}")
_EVENT = re.compile(r"[0-9a-zA-Z-]{8,64}")
_STATEMENT = Statement(
    columns={"number": "BaoDanHao", "kind": "YeWuLeiXing", "premium": "BaoFei", "commission": "ShouXuFei", "day": "YeWuRiQi"},
    kinds={"XD": "issue", "PG": "endorse", "XB": "renew", "TB": "cancel", "FX": "reinstate"},
    encoding="gb18030",
    is_signed=False,
    day="%Y%m%d",
)


class XmlInsurer:
    """Fills `insurers.port.Insurer`. Options: code, address, channel (our number there), key and insurer_key (files), notify_url, lag."""

    def __init__(self, *, code: str, address: str, channel: str, key: str, insurer_key: str, notify_url: str, lag: int = 300) -> None:
        self._client = Client(name=f"insurer:{code}", address=address, channel=channel, key=Path(key), insurer_key=Path(insurer_key))
        self._notify_url = notify_url
        self.capabilities = Capabilities(
            endorsements=frozenset({Endorsement.CORRECT_PERSON}), lag=timedelta(seconds=lag), most_people=300, statement=_STATEMENT
        )

    def perform(self, command: Command) -> Outcome:
        if isinstance(command, Submit):
            if not mapping.counts_in_days(command):
                return Declined("period_of_whole_days_only")
            return self._outcome("CB01", mapping.submitting(command, self._notify_url))
        return self._outcome("TB01", mapping.cancelling(command))

    def ask(self, submission: str) -> Outcome:
        return self._outcome("CX01", {"TouBaoDanHao": submission})

    def fetch_document(self, submission: str, policy_number: str) -> Document | Waiting | Absent | Unknown:
        try:
            return mapping.document(self._client.call("DZ01", {"TouBaoDanHao": submission, "BaoDanHao": policy_number}))
        except Unavailable as error:
            return Unknown("no_answer", surely_unsent=not error.may_have_arrived)
        except (ValueError, TypeError):
            return Unknown("unreadable")

    def read_callback(self, path: str, headers: Mapping[str, str], body: bytes) -> Callback:
        """The gateway signs what it says and not where it says it; the channel in the signed head is ours alone."""
        tree, wrong = self._client.proved(headers, body)
        if wrong:
            raise Forged(wrong)
        head, content = tree["BaoTou"], tree.get("BaoTi")
        number = content.get("TouBaoDanHao") if isinstance(content, dict) else None
        event = head["LiuShuiHao"]
        if head["JiaoYiMa"] != "TZ01" or not isinstance(number, str) or not _EVENT.fullmatch(event) or not _NUMBER.fullmatch(number):
            raise Forged("form")
        taken = xml.write(ROOT, {"BaoTou": {"JiaoYiMa": "TZ01", "YuanLiuShuiHao": event}, "BaoTi": {"FanHuiMa": "0000"}})
        return Callback(event_id=event, number=number, reply=Reply(content=taken, content_type="application/xml; charset=GB18030"))

    def _outcome(self, action: str, body: xml.Tree) -> Outcome:
        try:
            return mapping.outcome(self._client.call(action, body))
        except xml.Unspeakable:
            return Declined("character")
        except Unavailable as error:
            return Unknown("no_answer", surely_unsent=not error.may_have_arrived)
        except (ValueError, TypeError):
            return Unknown("unreadable")
