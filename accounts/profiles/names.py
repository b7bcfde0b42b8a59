"""Cleanup and comparison of names: names that look alike fold to the same letters."""

import re
import unicodedata

from accounts.profiles.text import drop_leading_marks, tidy_text

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
    line = unicodedata.normalize("NFC", drop_leading_marks(line.strip()))
    if limit is not None:
        line = line.encode()[:limit].decode(errors="ignore")
    return line.strip(" \u200c\u200d")


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


def split_words(name: str) -> list[str]:
    return re.split(r"[\W_]+", unicodedata.normalize("NFKC", tidy_line(name)), maxsplit=MAX_WORDS)


def looks_latin(word: str) -> bool:
    """Return whether a word of non-Latin letters looks like a Latin word."""
    letters = [letter for letter in word if letter.isalpha()]
    return bool(letters) and _IDENTICAL_TO_LATIN.issuperset(letters)


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]
