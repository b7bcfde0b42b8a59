"""The owner's word lists: whole words by default, parts of words with `*`."""

import regex

# Written without spaces between words, or, in Korean, with endings that follow a word directly.
UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}ー\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
SPACED = regex.compile(rf"(?V1)[[\p{{L}}\p{{M}}\p{{N}}]--{UNSPACED}]")


def fold_words(text: str) -> str:
    """Return a text as it is compared: without case, each run of spaces as one."""
    return " ".join(text.casefold().split())


def first_in(terms: str, folded: str) -> str:
    """Return the first of these terms, one per line, that is found in folded text, or an empty string."""
    return next((term for term in map(fold_words, terms.splitlines()) if is_in(term, folded)), "")


def is_in(term: str, folded: str) -> bool:
    """Whether a folded term is found in folded text: `ass` as a word, `ass*` at the start of one, `*ass*` anywhere."""
    words = without_stars(term)
    at = folded.find(words) if words else -1
    while at >= 0:
        end = at + len(words)
        is_start = term.startswith("*") or not is_inside_word(folded, at)
        if is_start and (term.endswith("*") or not is_inside_word(folded, end)):
            return True
        at = folded.find(words, at + 1)
    return False


def without_stars(term: str) -> str:
    """Return the words to find, without the `*` of a term."""
    return term.strip("* ")


def is_inside_word(text: str, at: int) -> bool:
    """Whether the letters or digits on both sides of a position belong to one word.

    In scripts without spaces that is unknown, so there a term is found inside other words too.
    """
    return 0 < at < len(text) and bool(SPACED.match(text[at - 1]) and SPACED.match(text[at]))
