"""Recognition of addresses written without https:// or mailto:, as opposed to paths on this site."""

import re
from enum import Enum
from html import escape, unescape

import regex
from bleach.linkifier import TLDS


def split_words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The IANA list has 1,400 top-level domains and changes weekly. These are all countries' and the common others; any
# other name is unclear, and its author is asked.
_NEWER = split_words("""
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
FILE_EXTENSIONS = split_words("""
    html htm xhtml shtml php asp aspx jsp cgi xml rss json txt text pdf ps1 doc docx odt rtf xls xlsx ods csv ppt pptx
    odp epub mobi tex bib log markdown rst jpg jpeg png gif svg webp avif bmp tif tiff ico mp3 mp4 ogg wav flac webm avi
    mkv gz tar tgz rar bz js mjs css scss java kt go rb swift exe dmg iso bak tmp eml ics
""")
AMBIGUOUS = split_words("ai app as cc in io la md mk ml mm mo mov ms nf page pl pm post ps py rs sc sh so st tf vi zip")
"""Top-level domains that are also common file extensions."""

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


def address_kind(address: str) -> Kind:
    """Return what an address without a scheme is; `notes.md` may be a site or a file, so it is unclear."""
    first, rest = re.match(r"([^/?#]*)(.*)", address, re.DOTALL).groups()  # type: ignore[union-attr]
    user, at, host = first.rpartition("@")
    if at:
        if not _USER.fullmatch(user) or not last_label(host):
            return Kind.PATH
        return Kind.EMAIL if not rest or rest.startswith("?") else Kind.UNCLEAR
    port = _PORT.search(host)
    host = host[: port.start()] if port and port.end() == len(host) else host
    if _NUMBERS.fullmatch(host):
        return Kind.WEB
    last = last_label(host)
    if not last or (last in FILE_EXTENSIONS and not port):
        return Kind.PATH
    if port or last.startswith("xn--") or (last in DOMAINS and (last not in AMBIGUOUS or rest.startswith("/"))):
        return Kind.WEB
    return Kind.UNCLEAR


def last_label(host: str) -> str:
    """Return the last label of a valid host name, such as `org`, or "" for anything else."""
    labels = host.removesuffix(".").split(".")
    last = labels[-1].casefold()
    is_host = len(labels) > 1 and len(last) > 1 and all(map(_LABEL.fullmatch, labels))
    return last if is_host and (last.isalpha() or last.startswith("xn--") or not last.isascii()) else ""


def is_unclear(address: str) -> bool:
    """Return whether an address without a scheme may be a site or a file on this site, such as `notes.md`."""
    return address_kind(address) is Kind.UNCLEAR


def complete_address(address: str) -> str:
    """Add the missing scheme to an address where it is clear."""
    kind = address_kind(address)
    return kind.value + address if kind in {Kind.WEB, Kind.EMAIL} else address


def complete_links(html: str) -> str:
    """Add the missing schemes to the links of cleaned HTML; nothing else changes."""

    def replacement(found: re.Match[str]) -> str:
        before, href, after = found.groups()
        address = complete_address(unescape(href))
        if address == unescape(href):
            return found[0]
        rel = "" if " rel=" in found[0] else ' rel="noopener"'
        return f"{before}{escape(address)}{after}{rel}>"

    return _HREF.sub(replacement, html)


def unclear_links(html: str) -> list[str]:
    """Return the addresses of links in cleaned HTML, each once, that may be a site or a file; the author is asked."""
    hrefs = (unescape(href) for _before, href, _after in _HREF.findall(html))
    return [href for href in dict.fromkeys(hrefs) if is_unclear(href)]
