"""Extraction of the filter's features: words, word pairs, links, and signs such as capitals. Pure and bounded."""

import html
import re
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

CHARACTERS, WORDS, LINKS = 6000, 400, 8
SIGN = "#"
STEM = 4

# A host name begins where no other could, or the search would start again at each of its letters.
LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>\"')\]]+"
    r"|(?<![\w.@-])[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}\.(?:com|net|org|info|biz|ru|io|ly|me|tk|tv|co|be|gl|de|fm|us|uk|xyz|"
    r"top|club|shop|site|online)\b(?:/[^\s<>\"')\]]*)?",
    re.IGNORECASE,
)
TAG = re.compile(r"<[^<>]{0,2000}>")
TARGET = re.compile(r"<a\b[^<>]{0,500}?href\s*=\s*[\"']?([^\s\"'<>]{1,500})", re.IGNORECASE)
BBCODE = re.compile(r"\[(?:url|link)\b", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+|[!?]+|[:;=][-']?[)(DPp3/]|[<>]3+|[$€£]|[^\w\s\x00-\x7f]")
PATH_WORD = re.compile(r"[a-z]{3,20}")
MARKS = re.compile(r"[^\w\s]")
MIXED = re.compile(r"[A-Za-z][\u0370-\u04ff]|[\u0370-\u04ff][A-Za-z]")
HEADING = re.compile(r"^\s{0,3}#{1,6}\s|<h[1-6]\b", re.MULTILINE | re.IGNORECASE)

SHORTENERS = frozenset({
    "adf.ly", "bit.ly", "bl.ink", "buff.ly", "cutt.ly", "goo.gl", "is.gd", "lnkd.in", "ow.ly", "rb.gy", "rebrand.ly",
    "s.id", "shorturl.at", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "v.gd",
})  # fmt: skip


@dataclass(frozen=True)
class Submission:
    """A comment as submitted; only the beginning of its text is examined."""

    text: str
    name: str = ""
    email: str = ""
    website: str = ""

    @cached_property
    def source(self) -> str:
        """The beginning of the text, with HTML entities decoded."""
        return html.unescape(self.text[:CHARACTERS])

    @cached_property
    def links(self) -> list[str]:
        """The links in the text, first those in HTML."""
        targets = TARGET.findall(self.source)
        return targets + [link for link in LINK.findall(self.without_tags) if link not in targets]

    @cached_property
    def without_tags(self) -> str:
        """The source without HTML tags."""
        return TAG.sub(" ", self.source)

    @cached_property
    def prose(self) -> str:
        """The source without tags and links."""
        return LINK.sub(" ", self.without_tags).strip("\ufeff \r\n")

    @cached_property
    def words(self) -> list[str]:
        """The normalized words, numbers, emoticons and symbols of the prose."""
        return [word_shape(word) for word in WORD.findall(fold_text(self.prose))[:WORDS]]

    @property
    def text_identity(self) -> str:
        """The normalized words, by which two submissions count as the same text."""
        return "".join(self.words)


def fold_text(text: str) -> str:
    """Remove case, accents and invisible characters, so that a word has one form."""
    if text.isascii():
        return text.casefold()
    plain = unicodedata.normalize("NFKD", text)[:CHARACTERS]
    return "".join(c for c in plain if unicodedata.category(c) not in {"Mn", "Me", "Cf"}).casefold()


def word_shape(word: str) -> str:
    """Normalize a token: digits by their count, a run of exclamation marks as two."""
    if word[0].isdigit():
        return "0" * min(len(word), 4)
    return word[:2] if word[0] in "!?" else word[:24]


def extract_features(submission: Submission) -> list[str]:
    """The distinct features: `w WORD`, `p WORD WORD`, `s STEM`, `n` for names, `h t u` for links, `# SIGN AMOUNT`."""
    return list(dict.fromkeys((*word_features(submission), *link_features(submission), *sign_features(submission))))


def word_features(submission: Submission) -> Iterator[str]:
    """Yield the features of the text's words, their stems and pairs, and of the author's name."""
    for word in submission.words:
        yield f"w {word}"
        if len(word) > STEM and word.isalpha():
            yield f"s {word[:STEM]}"
    for first, second in pairwise(["^", *submission.words, "$"]):
        yield f"p {first} {second}"
    for word in WORD.findall(fold_text(submission.name[:200]))[:6]:
        if word.isalpha():
            yield f"n {word[:24]}"


def link_features(submission: Submission) -> Iterator[str]:
    """Yield the hosts, top-level domains and paths of the links and of the author's website."""
    website = [("site ", submission.website)] if submission.website else []
    for kind, link in [("", link) for link in submission.links[:LINKS]] + website:
        host, path = split_link(link)
        yield f"h {kind}{host}"
        yield f"t {kind}{host.rpartition('.')[2]}"
        if not kind:
            yield from (f"u {word}" for word in PATH_WORD.findall(path)[:6])


def split_link(link: str) -> tuple[str, str]:
    """Split a link, even a malformed one, into host and path."""
    host, _, path = link.lower().partition("//")[2].partition("/") if "//" in link else link.lower().partition("/")
    return host.removeprefix("www.")[:60], path[:200]


def sign_features(submission: Submission) -> Iterator[str]:
    """Yield the signs that are no words, such as capitals or many links, each with its amount."""
    prose, words, links = submission.prose, submission.words, submission.links
    letters = [c for c in prose if c.isalpha()]
    yield f"# links {bucket(len(links), 1, 2, 3, 5)}"
    for link in links[:LINKS]:
        host, path = split_link(link)
        yield f"# {'deep' if path else 'bare'}"
        if host in SHORTENERS:
            yield "# shortener"
    yield f"# capitals {share_bucket(sum(map(str.isupper, letters)), len(letters))}"
    yield f"# shouted {bucket(sum(len(word) > 3 and word.isupper() for word in prose.split()), 1, 2, 4, 8)}"
    yield f"# digits {share_bucket(sum(map(str.isdigit, prose)), len(prose))}"
    yield f"# marks {share_bucket(len(MARKS.findall(prose)), len(prose))}"
    yield f"# length {bucket(len(words), 1, 2, 3, 4, 6, 8, 12, 18, 30)}"
    yield f"# lines {bucket(submission.source.count(chr(10)) + submission.source.count('<br'), 1, 2, 4)}"
    yield f"# repeats {bucket(len(words) / len(set(words)), 1.2, 1.6, 2.5) if len(words) > 6 else 0}"
    yield f"# exclaims {bucket(prose.count('!'), 1, 2, 4, 8)}"
    yield f"# asks {bucket(prose.count('?'), 1, 2, 4)}"
    scripts = {unicodedata.name(c, "?").partition(" ")[0] for c in letters[:200]}
    yield f"# scripts {bucket(len(scripts), 1, 2)}{'' if 'LATIN' in scripts else ' other'}"
    for name, pattern in (("mixed", MIXED), ("bbcode", BBCODE), ("html", TARGET), ("headings", HEADING)):
        if pattern.search(submission.source):
            yield f"# {name}"
    if submission.email:
        yield f"# address {address_shape(submission.email)}"
    if submission.website:
        yield "# website"


def address_shape(email: str) -> str:
    """The shape of an email address: digits and length of its local part, and the top-level domain."""
    local, _, domain = email[:254].lower().rpartition("@")
    digits = bucket(sum(map(str.isdigit, local)), 1, 3, 5)
    return f"{digits} {bucket(len(local), 8, 16, 24)} {domain.rpartition('.')[2][:24]}"


def bucket(number: float, *bounds: float) -> int:
    """Return how many of the bounds a number reaches."""
    return sum(number >= bound for bound in bounds)


def share_bucket(part: int, whole: int) -> int:
    """Return a share of a whole as a number from 0 (less than 1%) to 6 (80% or more)."""
    return bucket(part / whole if whole else 0, 0.01, 0.05, 0.12, 0.25, 0.5, 0.8)


def hash_feature(feature: str) -> int:
    return zlib.crc32(feature.encode("utf-8", "surrogatepass"))
