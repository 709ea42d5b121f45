"""The log scrubber, made from the patterns of the declared kinds. It knows no model, because logging starts before there are any."""

import logging
import re

from besttrav.privacy.kinds import Kind


class Scrubber(logging.Filter):
    """Blanks whatever looks like a kind of personal data in every log record: message, arguments and traceback.

    The second line of defence: the first is that nothing personal is logged at all.
    """

    _patterns = [(kind, re.compile(kind.value.pattern)) for kind in Kind if kind.value.pattern]

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = self.scrub(record.getMessage())
        record.args = None
        if record.exc_info:
            record.exc_text = self.scrub(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        elif record.exc_text:
            record.exc_text = self.scrub(record.exc_text)
        return True

    @classmethod
    def scrub(cls, text: str) -> str:
        for kind, pattern in cls._patterns:
            text = pattern.sub(f"[{kind.name.lower()}]", text)
        return text
