"""Addresses that were written without https:// or mailto:, told apart from paths on this site."""

import re
from enum import Enum
from html import escape, unescape

import regex
from bleach.linkifier import TLDS


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The IANA list has 1,400 top-level domains and changes weekly. These are all countries' and the common others; a name
# under any other is unclear, and its author is asked.
_NEWER = words("""
academy agency app art berlin blog bot bzh chat church city click cloud club codes community coop cymru design dev
digital directory earth edu email engineer eus events family film foundation fun fyi gal game games garden gift global
green group guide guru haus health history house how info ink institute international kiwi lab land law legal life link
live lol london love ltd media money moscow museum name network news ngo ninja nyc one ong online ooo page paris party
photo photography photos pics place plus poetry post press pub quebec radio red report rest review reviews rip rocks
school science scot services shop show site social software solutions space store stream studio study style support
swiss systems team tech tips tirol today tools top town translations tube university video vip vote wales watch website
wien wiki work works world wtf xyz yoga zone
укр бел срб мкд мон қаз бг ею рф рус онлайн сайт москва дети орг ком ελ ευ გე հայ ישראל قطر مصر الاردن السعودية المغرب
امارات ایران تونس سورية عمان فلسطين الجزائر العراق پاکستان بھارت भारत ভারত বাংলা ਭਾਰਤ ભારત இந்தியா இலங்கை
சிங்கப்பூர் భారత్ ಭಾರತ ഭാരതം ଭାରତ ලංකා ไทย ລາວ 中国 中國 香港 澳门 澳門 台湾 台灣 新加坡 한국 닷컴 みんな コム 公司 网络
网址 组织机构 在线 中文网
""")
DOMAINS = frozenset(TLDS) | _NEWER
FILES = words(
    """
    html htm xhtml shtml php asp aspx jsp cgi xml rss json txt text pdf ps1 doc docx odt rtf xls xlsx ods csv ppt pptx
    odp epub mobi tex bib log markdown rst jpg jpeg png gif svg webp avif bmp tif tiff ico mp3 mp4 ogg wav flac webm avi
    mkv gz tar tgz rar bz js mjs css scss java kt go rb swift exe dmg iso bak tmp eml ics
    """
)
BOTH = words("ai app as cc in io la md mk ml mm mo mov ms nf page pl pm post ps py rs sc sh so st tf vi zip")
"""Top-level domains that are also common endings of files."""

_LABEL = regex.compile(r"[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}_-]{0,61}[\p{L}\p{M}\p{N}])?")
_PORT = re.compile(r":[0-9]{1,5}")
_NUMBERS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_USER = re.compile(r"[^\s@:,;<>\"]{1,64}")
_HREF = re.compile(r'(<a (?:[^>]*? )?href=")([^"]*)("[^>]*)>')


class Kind(Enum):
    WEB = "https://"
    EMAIL = "mailto:"
    PATH = ""
    UNCLEAR = "?"


def kind_of(address: str) -> Kind:
    """What an address without a scheme names. `notes.md` may be a site or a file, and nothing here can tell."""
    first, rest = re.match(r"([^/?#]*)(.*)", address, re.DOTALL).groups()  # type: ignore[union-attr]
    user, at, host = first.rpartition("@")
    if at:
        return email_kind(user, host, rest)
    port = _PORT.search(host)
    host = host[: port.start()] if port and port.end() == len(host) else host
    if _NUMBERS.fullmatch(host):
        return Kind.WEB
    last = last_label(host)
    if not last or (last in FILES and not port):
        return Kind.PATH
    if port or last.startswith("xn--") or (last in DOMAINS and (last not in BOTH or rest.startswith("/"))):
        return Kind.WEB
    return Kind.UNCLEAR


def email_kind(user: str, host: str, rest: str) -> Kind:
    if not _USER.fullmatch(user) or not last_label(host):
        return Kind.PATH
    return Kind.EMAIL if not rest or rest.startswith("?") else Kind.UNCLEAR


def last_label(host: str) -> str:
    """The last part of a name that can be a host's, or nothing."""
    labels = host.removesuffix(".").split(".")
    last = labels[-1].casefold()
    is_host = len(labels) > 1 and all(map(_LABEL.fullmatch, labels))
    return (
        last if is_host and len(last) > 1 and (last.isalpha() or last.startswith("xn--") or not last.isascii()) else ""
    )


def is_unclear(address: str) -> bool:
    return kind_of(address) is Kind.UNCLEAR


def completed(address: str) -> str:
    """The address with the scheme that it lacks, where that is clear."""
    kind = kind_of(address)
    return kind.value + address if kind in {Kind.WEB, Kind.EMAIL} else address


def complete_links(html: str) -> str:
    """Cleaned HTML in which each link has its scheme; nothing else is changed."""

    def whole(found: re.Match[str]) -> str:
        before, href, after = found.groups()
        address = completed(unescape(href))
        if address == unescape(href):
            return found[0]
        rel = "" if " rel=" in found[0] else ' rel="noopener"'
        return f"{before}{escape(address)}{after}{rel}>"

    return _HREF.sub(whole, html)


def unclear_links(html: str) -> list[str]:
    """The addresses of links, each once, of which only the author knows what they name."""
    found = (unescape(href) for _before, href, _after in _HREF.findall(html))
    return [href for href in dict.fromkeys(found) if is_unclear(href)]
