"""Removal of invisible characters from typed text, and of those that are drawn outside their own line."""

import re

import regex

MAX_MARKS_PER_LETTER = 4

# Removed from all text, because blog.markup replaces & < > " by these characters while it works.
PLACEHOLDERS = "\U0010fff0\U0010fff1\U0010fff2\U0010fff3"

# Format characters that we keep: Arabic and Kaithi number signs, which are visible, and the soft hyphen.
_VISIBLE_FORMATS = "\u00ad\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
_CONTEXTUAL = "\u200b-\u200f\u061c\u180e"  # kept or removed depending on their neighbors, see below
_BLANK_LETTERS = "\u115f\u1160\u17b4\u17b5\u3164\uffa0"
_NONCHARACTERS = "\ufdd0-\ufdef\ufff0-\ufff8" + "".join(
    f"{chr(plane << 16 | 0xFFFE)}-{chr(plane << 16 | 0xFFFF)}" for plane in range(17)
)
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_INVISIBLE = regex.compile(
    f"[[\\p{{Cc}}\\p{{Cf}}\\p{{Cs}}{_BLANK_LETTERS}{_NONCHARACTERS}{PLACEHOLDERS}"
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
    f"--[\t\n{_VISIBLE_FORMATS}{_CONTEXTUAL}]]",
    regex.V1,
)
_CONTROLS = dict.fromkeys((*range(9), *range(14, 32), 127))  # the only characters removed from ASCII text
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")

_MARK = r"[\p{Mn}\p{Me}]"
_TOO_MANY_MARKS = regex.compile(f"({_MARK}{{{MAX_MARKS_PER_LETTER}}}){_MARK}+")
_SELECTOR_RUN = re.compile(f"([{_SELECTORS}])[{_SELECTORS}]+")
_LEADING_MARKS = regex.compile(f"^{_MARK}+")

# The flags of England, Scotland and Wales contain tag characters; nothing else does.
_FLAG = re.compile(
    "(\U0001f3f4\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074"
    "|\U000e0077\U000e006c\U000e0073)\U000e007f)"
)

_INVISIBLE_RUN = re.compile("[\u200b-\u200f\u061c\u180e]+")
_EMOJI = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\ufe0f\U0001f000-\U0001faff]"
)
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u061b\u061d-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
# Scripts whose letters change shape by their neighbors: Arabic and related ones, Mongolian, and the Indic family.
_JOINING = re.compile(
    "[\u0600-\u08ff\ufb50-\ufdff\ufe70-\ufefe\U00010ac0-\U00010aff\U00010d00-\U00010d3f\U0001e900-\U0001e95f"
    "\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\u1900-\u1cff\ua800-\ua8ff\ua930-\uaaff\uabc0-\uabff"
    "\U00011000-\U00011fff]"
)
_MONGOLIAN = re.compile("[\u1800-\u18af]")
# Scripts without spaces between words, where a zero-width space may mark a line break.
_UNSPACED = re.compile("[\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\ua9e0-\ua9ff\uaa60-\uaadf]")


def tidy_text(text: str) -> str:
    """Return multi-line text without invisible characters and without more marks than a letter can carry."""
    parts = _FLAG.split(_LINE_ENDS.sub("\n", text))
    parts[::2] = map(_tidy, parts[::2])
    return "".join(parts)


def _tidy(text: str) -> str:
    if text.isascii():
        return text.translate(_CONTROLS)
    text = _INVISIBLE.sub("", text)
    is_right_to_left = bool(_RIGHT_TO_LEFT.search(text))

    def keep_useful(run: re.Match[str]) -> str:
        before = text[run.start() - 1 : run.start()]
        after = text[run.end() : run.end() + 1]
        return next((sign for sign in run[0] if _is_useful(sign, before, after, is_right_to_left)), "")

    text = _INVISIBLE_RUN.sub(keep_useful, text)
    return _TOO_MANY_MARKS.sub(r"\1", _SELECTOR_RUN.sub(r"\1", text))


def _is_useful(sign: str, before: str, after: str, is_right_to_left: bool) -> bool:
    match sign:
        case "\u200d" if _EMOJI.match(before) and _EMOJI.match(after):
            return True
        case "\u200c" | "\u200d":
            return bool(_JOINING.match(before) or _JOINING.match(after))
        case "\u200e" | "\u200f" | "\u061c":
            return is_right_to_left
        case "\u200b":
            return bool(_UNSPACED.match(before))
        case _:
            return bool(_MONGOLIAN.match(before))


def drop_leading_marks(text: str) -> str:
    """Remove combining marks that would attach to the character before the text."""
    return _LEADING_MARKS.sub("", text)
