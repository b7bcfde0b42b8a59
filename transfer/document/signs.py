"""What mammoth passes over in a .docx → signs in the text that pass through it, and are tags afterwards.

How a list counts, languages, the direction of a paragraph, lines across, formulas; hidden words go.
"""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element, tostring

from defusedxml.ElementTree import fromstring

from transfer.document.formulas import in_runs
from transfer.document.numbering import Numbering

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
PARTS = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
# Of the area for private use: in nobody's text, and the same after mammoth.
COUNTS, END, RTL, LANG, OVER, RULE = "\ue0f0\ue0f1\ue0f2\ue0f3\ue0f4\ue0f5"
_ANY = re.compile(f"[{COUNTS}-{RULE}]")
_ITEM = re.compile(f"(<ol>)?<li>{COUNTS}([0-9]{{1,6}})([1aAiI]){END}")
_LEFT = re.compile(f"{COUNTS}[0-9]{{1,6}}[1aAiI]{END}")
_RULE = re.compile(f"<p>{RULE}</p>")
_SPAN = re.compile(f"{LANG}([a-z]{{2,3}}){END}([^<{OVER}]*){OVER}")
_TWICE = re.compile(r'</span><span lang="([a-z]{2,3})">')
_RTL = re.compile(f"<(p|h[1-6]|li)>{RTL}")
_OFF = frozenset({"0", "false", "off", "none"})

Said = list[tuple[str, str]]


def put(data: bytes, lost: Said, changed: Said) -> bytes:
    """The document with the signs in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as packed, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        names = packed.namelist()
        numbering = Numbering(fromstring(packed.read("word/numbering.xml")) if "word/numbering.xml" in names else None)
        for name in dict.fromkeys(names):
            content = packed.read(name)
            if name in PARTS:
                root = fromstring(content)
                into(root, numbering, lost, changed)
                content = tostring(root, encoding="utf-8", xml_declaration=True)
            made.writestr(name, content, compresslevel=1)
    return out.getvalue()


def into(root: Element, numbering: Numbering, lost: Said, changed: Said) -> None:
    for text in root.iter(f"{W}t"):
        text.text = _ANY.sub("", text.text or "")
    without_hidden(root, lost)
    tracked = sum(each.find(f".//{W}r") is not None for kind in ("ins", "del") for each in root.iter(f"{W}{kind}"))
    changed += [("tracked change(s) (was|were) accepted", "")] * tracked
    main = language(root)
    for paragraph in root.iter(f"{W}p"):
        in_runs(paragraph, lost, changed)
        for run in paragraph.iter(f"{W}r"):
            if (own := language_of(run)) and own != main:
                around(run, own)
        if signs := signs_of(paragraph, numbering):
            first = Element(f"{W}r")
            words = Element(f"{W}t")
            words.text = signs
            first.append(words)
            paragraph.insert(1 if paragraph.find(f"{W}pPr") is not None else 0, first)


def without_hidden(root: Element, lost: Said) -> None:
    for parent in list(root.iter()):
        for run in [child for child in parent if child.tag == f"{W}r" and is_on(child.find(f"{W}rPr/{W}vanish"))]:
            parent.remove(run)
            if words := "".join(text.text or "" for text in run.iter(f"{W}t")).strip():
                lost.append(("passage(s) of hidden text", words[:60]))


def is_on(element: Element | None) -> bool:
    return element is not None and element.get(f"{W}val", "1").lower() not in _OFF


def signs_of(paragraph: Element, numbering: Numbering) -> str:
    style = paragraph.find(f"{W}pPr")
    if style is None:
        return ""
    signs = RTL if is_on(style.find(f"{W}bidi")) else ""
    if counted := numbering.count(style.find(f"{W}numPr")):
        number, kind = counted
        return f"{COUNTS}{number}{kind}{END}{signs}"
    is_line = style.find(f"{W}pBdr/{W}bottom") is not None or style.find(f"{W}pBdr/{W}top") is not None
    return RULE if is_line and paragraph.find(f".//{W}r") is None else signs


def language_of(run: Element) -> str:
    said = run.find(f"{W}rPr/{W}lang")
    if said is None:
        return ""
    is_rtl = is_on(run.find(f"{W}rPr/{W}rtl"))
    value = said.get(f"{W}bidi" if is_rtl else f"{W}val", "")
    return value.partition("-")[0].lower() if re.fullmatch(r"[A-Za-z]{2,3}(?:-.*)?", value) else ""


def language(root: Element) -> str:
    """The one in which most is written; what says none is of it too."""
    said: Counter[str] = Counter()
    for run in root.iter(f"{W}r"):
        said[language_of(run)] += sum(len(text.text or "") for text in run.iter(f"{W}t"))
    return said.most_common(1)[0][0] if said else ""


def around(run: Element, language: str) -> None:
    for text in run.findall(f"{W}t"):
        if (text.text or "").strip():
            text.text = f"{LANG}{language}{END}{text.text}{OVER}"
            text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


def resolved(html: str) -> str:
    """Tags in place of the signs."""
    html = _ITEM.sub(lambda item: "".join(counted(item)), html)
    html = _RULE.sub("<hr>", _LEFT.sub("", html))
    html = _SPAN.sub(lambda found: f'<span lang="{found[1]}">{found[2]}</span>', html)
    html = _TWICE.sub(lambda found: "" if ends_alike(html, found) else found[0], html)
    html = _RTL.sub(r'<\1 dir="rtl">', html)
    return _ANY.sub("", html)


def ends_alike(html: str, found: re.Match[str]) -> bool:
    opened = html.rfind('<span lang="', 0, found.start())
    return html.startswith(f'<span lang="{found[1]}">', opened)


def counted(item: re.Match[str]) -> Iterator[str]:
    if item[1]:
        start = "" if item[2] == "1" else f' start="{item[2]}"'
        kind = "" if item[3] == "1" else f' type="{item[3]}"'
        yield f"<ol{start}{kind}>"
    yield "<li>"
