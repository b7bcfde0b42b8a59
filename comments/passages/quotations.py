"""What the reply form says about the passage that a comment is on, as one field."""

import json
import re
from dataclasses import dataclass
from typing import Any

MAX_SENT = 16_000  # characters of the whole field
MAX_WORDS = 3_000


@dataclass(frozen=True)
class Quotation:
    """Words of a text: of revision `revision`, or with 0 of an essay that has none yet.

    `words` is empty for a whole paragraph, as chosen without JavaScript.
    """

    revision: int
    paragraph: int
    words: str = ""
    before: str = ""
    after: str = ""

    @property
    def value(self) -> str:
        """The value of the form's field."""
        parts = [self.revision, self.paragraph, self.words, self.before, self.after]
        return json.dumps(parts if self.words else parts[:2], ensure_ascii=False, separators=(",", ":"))


def parse(value: str) -> Quotation | None:
    """Parse the value of the form's field, or of the query `passage`, such as `12-3`; None if it is neither."""
    if found := re.fullmatch(r"([0-9]{1,9})-([0-9]{1,9})", value, re.ASCII):
        return Quotation(int(found[1]), int(found[2]))
    try:
        sent: Any = json.loads(value) if len(value) <= MAX_SENT else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(sent, list) or len(sent) not in {2, 5}:
        return None
    numbers, words = sent[:2], sent[2:]
    if not all(type(number) is int and 0 <= number < 2**31 for number in numbers):
        return None
    if not all(isinstance(part, str) for part in words):
        return None
    return Quotation(*numbers, *words)
