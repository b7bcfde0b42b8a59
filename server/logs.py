"""What the log shows: everything but the signed part of an address, by which whoever reads it could act for others."""

import logging
import re

# As Django signs: what is signed, when, and the mark; as it stands in an address, or escaped. What is signed is looked
# for at the beginning of a word alone: at each of its letters, a path of 60,000 would be read 60,000 times.
PROOF = re.compile(
    r"(?:(?<![\w.%-])[\w.%-]*)?(?:(?::|%3A)[\w-]+)?(?::|%3A)[\w-]{43}(?![\w-])",
    re.IGNORECASE,
)

# The part after a name by which somebody without an account may read.
SECRET = re.compile(r"(/preview/)[\w-]+")


class WithoutProofs(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return SECRET.sub(r"\1…", PROOF.sub("…", super().format(record)))
