"""Regular expressions in rules: slow ones are rejected when saved, and time out when they run."""

import time
from collections.abc import Iterable
from functools import lru_cache

import regex
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

TIME_LIMIT = 0.05  # seconds per pattern and comment
MAX_LENGTH = 500
MAX_REPEATS = 1000
INPUT_REPEATS = (40, 4000)
Pattern = regex.Pattern[str]
COUNTS = regex.compile(r"\{(\d*)(?:,(\d*))?\}")
SIGNS = regex.compile(r"\\.|[^\W_]", regex.DOTALL)


class PatternTimeout(Exception):
    """The pattern took too long to match."""


@lru_cache(maxsize=256)
def compile_pattern(source: str) -> Pattern:
    """Compile a pattern; raises ValidationError with a message for its author."""
    if len(source) > MAX_LENGTH:
        raise ValidationError(_("Enter at most %(count)d characters.") % {"count": MAX_LENGTH})
    counts = [count for pair in COUNTS.findall(source) for count in pair if count]
    if any(len(count) > 6 or int(count) > MAX_REPEATS for count in counts):
        raise ValidationError(_("A part of a pattern can repeat at most %(count)d times.") % {"count": MAX_REPEATS})
    try:
        return regex.compile(source, regex.VERSION0 | regex.IGNORECASE | regex.MULTILINE)
    except (regex.error, RecursionError, OverflowError, MemoryError, ValueError) as error:
        why = getattr(error, "msg", "") or _("it is nested too deeply")
        raise ValidationError(_("This pattern is not valid: %(why)s.") % {"why": why}) from error


def matches(pattern: Pattern, texts: Iterable[str]) -> bool:
    """Whether a pattern is found in any of these texts. Raises PatternTimeout."""
    end = time.monotonic() + TIME_LIMIT
    for text in texts:
        left = end - time.monotonic()
        try:
            if left <= 0:
                raise PatternTimeout
            if pattern.search(text, timeout=left):
                return True
        except (TimeoutError, MemoryError, RecursionError) as error:
            raise PatternTimeout from error
    return False


def validate(source: str) -> Pattern:
    """Compile a pattern and raise ValidationError if it times out on inputs that are made to be slow for it."""
    pattern = compile_pattern(source)
    for text in slow_inputs(source):
        try:
            matches(pattern, [text])
        except PatternTimeout as error:
            message = _(
                "This pattern is too slow: it timed out on “%(text)s…”. Make it more specific, for example by "
                "removing a repetition inside another."
            )
            raise ValidationError(message % {"text": text[:12]}) from error
    return pattern


def slow_inputs(source: str) -> Iterable[str]:
    """Long repetitions of the pattern's own characters, ending in one that nothing matches."""
    characters = [sign[-1] for sign in SIGNS.findall(source) if len(sign) == 1]
    rows = dict.fromkeys(["a", "ab", "a ", "1", "a1", "-", *characters[:12], "".join(characters)[:40]])
    for row in filter(None, rows):
        for rounds in INPUT_REPEATS:
            yield f"{row * rounds}\u0001"
