"""Names and other typed text: removal of invisible characters, comparison of look-alikes, and protected names."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache, reduce
from operator import or_
from typing import Any, NamedTuple

import regex
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User

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
_LEADING_MARKS = regex.compile(f"^{_MARK}+")  # they would attach to the character before the text

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
    """Return multi-line text without invisible characters, and with at most four combining marks on a letter."""
    parts = _FLAG.split(_LINE_ENDS.sub("\n", text))
    parts[::2] = map(_tidy, parts[::2])
    return "".join(parts)


def _tidy(text: str) -> str:
    """Tidy a part of a text that has no flag emoji, the only ones with tag characters."""
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
    """Return whether an invisible character matters between its neighbors, such as a joiner in Arabic or emoji."""
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


_SPACES = re.compile(r"[\s\u2800]+")
# Allowed in prose but not in a name, and private-use letters, which a font could draw as the staff badge.
_NOT_IN_NAMES = re.compile("[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\ue000-\uf8ff\U000f0000-\U0010ffff]")

# Letters that look like a Latin letter: those in Unicode's table (a test compares) and others that look alike in most
# typefaces.
_LOOKALIKES = str.maketrans(
    {
        letter: latin
        for latin, letters in {
            "a": "ⲁаαɑᴀΑАᎪꓮ@ᗩᗅ𖽀𐊠", "b": "ЬьвβʙΒВᏴᏏꓐꞴƄᗷᖯᑲ𐊂𐊡𐌁", "c": "сϲᴄСϹᏟⲤⲥꓚᑕ𐐽𑣲𑣩𐊢𐌂𐐕𐔜", "d": "ԁᴅđðᎠꓓᗪᗞᑯꓒᏧꮷ",
            "e": "еєεҽᴇЕΕᎬꓰꬲᗴⴹ𑢦𑢮𐊆𑣆𑣎", "f": "ꜰƒϝքꓝꬵꞘꞙᖴſ𑣂𑢢𐊇𐊥𐔥", "g": "ɡցɢԍᏀᏻꓖᶃƍᏳ", "h": "ⲏһнհʜΗНħᎻⲎꓧᕼᏂ𐋏ꮒ",
            "i": "ⲓіιɩıɪӏІΙӀ1lI|!łƚꙇⲒꓲǀᎥꭵᒪᏞꓡ𑣃۱𐌠ⵏᛁ𖼨𐊊𐌉Ⳑ𖼖𑢣𑢲𐐛𐔦ⳑ𑣒𐑃", "j": "јȷᴊЈͿϳᎫꓙᒍꞲʝ", "k": "ⲕкκᴋΚКᏦⲔꓗᛕ𐔘",
            "m": "ⲙмᴍΜМᎷϺⲘꓟᗰᛖ𐊰𐌑", "n": "ⲛпηոռɴΝⲚꓠᑎ𐔓", "o": "оοօσᴏΟОՕ0øөⲞⲟꓳꬽ०੦૦௦౦೦൦๐໐၀۵ᴑჿഠဝ𐓪𑣈𑣗𐐬০୦〇𑓐𑣠ⵔዐଠ𐓂𑢵𐊒𐊫𐐄𐔖Ჿ𑢨𑢷𑣕",
            "p": "рρᴘΡРþᏢⲢⲣꓑᑭ𐊕", "q": "ԛգզⵕ", "r": "гʀᎡᏒⲅꓣꭇᖇꭈᴦꮁ𐒴𖼵Ꮁ𐓜", "s": "ѕꜱЅՏᏚꓢƽ$Ꮥ𑣁𐑈𖼺𐊖𐐠𑢡", "t": "ⲧтτᴛΤТŧᎢⲦꓔ𖼊𑢼𐊗𐊱𐌕",
            "u": "υսᴜμʋꓴꭎꭒᑌꞟ𐓶𑣘ሀ𐓎𖽂𑢸Ꞟ", "v": "νѵᴠᏙꓦᐯ𑜆𑣀۷ⴸꛟ𖼈𑢠𐔝", "w": "ωшԝѡաᴡᎳᏔꓪᗯɯ𑜊𑜎𑜏𑣯𑣦", "x": "ⲭхχΧХⲬꓫꭓ᙭ᕁᕽ𐌢𑣬ⵝᚷ𐊐𐊴𐌗𐔧",
            "y": "ⲩуγүʏΥУҮɣⲨꓬᎩỿᶌꭚყ𑣜Ꮍ𖽃𑢤𐊲Ყꮍ", "z": "ᴢΖᏃꓜ𑣄𐋵𑣥𑢩𑣉",
        }.items()
        for letter in letters
    }
    | {chr(first + i): chr(97 + i) for first in (0x1F150, 0x1F170, 0x1F1E6) for i in range(26)}
)  # fmt: skip
# Non-Latin letters that look identical to Latin ones in most typefaces.
_IDENTICAL_TO_LATIN = frozenset("асԁеһіјӏорԛѕуԝхѵүοναιρυօսհոց")
DIGITS = "0123456789"
MIN_LETTERS = 4  # shortest name searched for within others: Li, Max and Ada are part of too many
MIN_LETTERS_INSIDE_WORDS = 10  # shortest name searched for across word boundaries
MAX_WORDS = 30
_SIMILAR_SCRIPTS = {"LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"}


def tidy_line(text: str, limit: int | None = None) -> str:
    """Return one visible line in NFC with single spaces and at most `limit` bytes of UTF-8."""
    line = _SPACES.sub(" ", _NOT_IN_NAMES.sub("", tidy_text(text)))
    line = unicodedata.normalize("NFC", _LEADING_MARKS.sub("", line.strip()))
    if limit is not None:
        line = line.encode()[:limit].decode(errors="ignore")
    return line.strip(" \u200c\u200d")


@lru_cache(1000)
def fold(name: str) -> str:
    """Reduce a name to letters that ignore case, accents, spaces, punctuation and look-alikes."""
    letters = unicodedata.normalize("NFKD", tidy_line(name)).translate(_LOOKALIKES)
    letters = unicodedata.normalize("NFKD", letters.casefold()).translate(_LOOKALIKES)
    folded = "".join(letter for letter in letters if letter.isalnum())
    return folded.replace("rn", "m").replace("vv", "w") or " ".join(letters.split())


def mixes_scripts(name: str) -> bool:
    """Return whether a word of the name mixes look-alike scripts, which honest words never do."""
    words = re.split(r"[\W\d_]+", unicodedata.normalize("NFKC", tidy_line(name)))
    return any(len(_SIMILAR_SCRIPTS.intersection(map(_script, word))) > 1 for word in words if not word.isascii())


def imitates(name: str, other: str) -> bool:
    """Return whether a name looks like or contains another: "The real Miriam Achterberg", "Achterberg, Miriam"."""
    folded_other, folded = fold(other), fold(name)
    if folded_other == folded:
        return True
    if len(folded_other) < MIN_LETTERS:
        return False
    words = [fold(word.rstrip(DIGITS)) for word in split_words(name)]
    runs = ("".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1))
    if folded_other in runs:
        return True
    other_words = {fold(word) for word in split_words(other)}
    is_inside = len(folded_other) >= MIN_LETTERS_INSIDE_WORDS and folded_other in folded
    return len(other_words) > 1 and (other_words <= set(words) or is_inside)


@lru_cache(1000)
def split_words(name: str) -> tuple[str, ...]:
    return tuple(re.split(r"[\W_]+", unicodedata.normalize("NFKC", tidy_line(name)), maxsplit=MAX_WORDS))


def looks_latin(word: str) -> bool:
    """Return whether a word of non-Latin letters looks like a Latin word."""
    letters = [letter for letter in word if letter.isalpha()]
    return bool(letters) and _IDENTICAL_TO_LATIN.issuperset(letters)


def _script(letter: str) -> str:
    """Return the first word of a letter's Unicode name, such as LATIN."""
    return unicodedata.name(letter, "").partition(" ")[0]


OFFICIAL_TITLES = ("admin", "administrator", "author", "moderator", "owner", "staff", "webmaster")


class ProtectedName(NamedTuple):
    """An author, moderator or owner, whose name no other commenter may use."""

    pk: int
    name: str
    username: str
    is_author: bool


@cache
def byline_models() -> list[tuple[Any, str]]:
    """Return the models with `is_byline`, whose rows name a user as an author, and the name of that field."""
    found = [(each.related_model, each.field.name) for each in User._meta.related_objects]
    return [(model, name) for model, name in found if getattr(model, "is_byline", False)]


@cache
def has_byline() -> Any:
    """Return a condition on users: they are named as an author."""
    rows = [model._default_manager.filter(**{name: OuterRef("pk")}) for model, name in byline_models()]
    return reduce(or_, map(Exists, rows))


def protected_names() -> "QuerySet[User, tuple[Any, ...]]":
    """Select the ProtectedName fields of authors, moderators and owners, so that the query can be part of a UNION."""
    # By their keys, because with one condition on all users a database reads all of them.
    staff = User.objects.filter(Q(is_staff=True) | Q(is_superuser=True)).values("pk")
    authors = [model._base_manager.order_by().values(name) for model, name in byline_models()]
    users = User.objects.filter(pk__in=staff.union(*authors)).annotate(is_author=has_byline())
    return users.values_list(*ProtectedName._fields)


def find_imitated(name: str, known: Iterable[ProtectedName]) -> ProtectedName | None:
    """Return the person whose name this one imitates or contains; a username has to match as a whole."""
    folded = fold(name)
    for person in known:
        if (person.name and imitates(name, person.name)) or (person.username and fold(person.username) == folded):
            return person
    return None


def is_official_title(name: str) -> bool:
    """Return whether a name poses as a role on the site, such as “Admin” or “The moderator”."""
    return any(imitates(name, title) for title in OFFICIAL_TITLES)
