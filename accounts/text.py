"""Which characters of what people type are kept: those left out are never seen, or are seen outside their own line."""

import re
import unicodedata
from itertools import compress

MARKS_A_LETTER = 4

# Nothing of ours may arrive from outside in these places: blog.markup lets them stand for & < > " while it works.
STAND_INS = "\U0010fff0\U0010fff1\U0010fff2\U0010fff3"


_PLANES = (*range(0x20000), *range(0xE0000, 0xE0200))
# At the start of every process: no step of ours a character.
_CATEGORIES = tuple(map(unicodedata.category, map(chr, _PLANES)))


def _codes(*categories: str) -> list[int]:
    return list(compress(_PLANES, map(frozenset(categories).__contains__, _CATEGORIES)))


def _brackets(codes: list[int]) -> str:
    """Marks, none of which means anything there, written for the inside of a regular expression's brackets."""
    runs: list[list[int]] = []
    for code in codes:
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in runs)


# Kept format characters: Arabic and Kaithi number signs, which are drawn, and the soft hyphen.
_DRAWN_FORMATS = {0xAD, *range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
# Judged by their neighbours below.
_IN_CONTEXT = {0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x061C, 0x180E}
_BLANK_LETTERS = {0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0}

_UNSEEN: dict[int, str | None] = {
    **dict.fromkeys(_codes("Cc", "Cf", "Cs")),
    **dict.fromkeys((*_BLANK_LETTERS, *range(0xFDD0, 0xFDF0))),
    **{plane << 16 | last: None for plane in range(17) for last in (0xFFFE, 0xFFFF)},
    **dict.fromkeys((*range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE0100), *range(0xE01F0, 0xE1000))),
    **dict.fromkeys(map(ord, STAND_INS)),
    **{ord(end): "\n" for end in "\n\v\f\x85\u2028\u2029"},
}
for _code in (ord("\t"), *_DRAWN_FORMATS, *_IN_CONTEXT):
    _UNSEEN.pop(_code)

_MARK = _brackets(_codes("Mn", "Me"))
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_TOO_MANY_MARKS = re.compile(f"([{_MARK}]{{{MARKS_A_LETTER}}})[{_MARK}]+")
_SELECTOR_RUN = re.compile(f"([{_SELECTORS}])[{_SELECTORS}]+")
_LEADING_MARKS = re.compile(f"^[{_MARK}]+")

# England, Scotland and Wales are written with tag characters; nothing else is.
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
# Scripts whose letters change shape by their neighbours: Arabic and its kin, Mongolian, and the Indic family.
_JOINING = re.compile(
    "[\u0600-\u08ff\ufb50-\ufdff\ufe70-\ufefe\U00010ac0-\U00010aff\U00010d00-\U00010d3f\U0001e900-\U0001e95f"
    "\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\u1900-\u1cff\ua800-\ua8ff\ua930-\uaaff\uabc0-\uabff"
    "\U00011000-\U00011fff]"
)
_MONGOLIAN = re.compile("[\u1800-\u18af]")
# Scripts that write no space between words and may mark the place for a line to break.
_UNSPACED = re.compile("[\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\ua9e0-\ua9ff\uaa60-\uaadf]")


def tidy_text(text: str) -> str:
    """Text of several lines as typed, without what cannot be seen and without more marks than a letter can carry."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    parts = _FLAG.split(text)
    parts[::2] = map(_tidy, parts[::2])
    return "".join(parts)


def _tidy(text: str) -> str:
    text = text.translate(_UNSEEN)
    if text.isascii():
        return text
    is_right_to_left = bool(_RIGHT_TO_LEFT.search(text))

    def judge(run: re.Match[str]) -> str:
        before = text[run.start() - 1 : run.start()]
        after = text[run.end() : run.end() + 1]
        return next((sign for sign in run[0] if _has_purpose(sign, before, after, is_right_to_left)), "")

    text = _INVISIBLE_RUN.sub(judge, text)
    return _TOO_MANY_MARKS.sub(r"\1", _SELECTOR_RUN.sub(r"\1", text))


def _has_purpose(sign: str, before: str, after: str, is_right_to_left: bool) -> bool:
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
    """Marks that would climb onto whatever stands before the text."""
    return _LEADING_MARKS.sub("", text)
