"""Placeholders that carry what mammoth ignores in a .docx file through the conversion to HTML.

They mark list numbering, languages, text direction and rules; formulas become text, hidden text is dropped.
"""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element, tostring

from defusedxml.ElementTree import fromstring

from blog.editor import Findings
from transfer.document.formulas import replace_formulas
from transfer.document.numbering import Numbering, W

PARTS = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
# Private-use characters: never in real text, and unchanged by mammoth.
NUMBERED, END, RTL, LANG, SPAN_END, RULE = "\ue0f0\ue0f1\ue0f2\ue0f3\ue0f4\ue0f5"
_ANY = re.compile(f"[{NUMBERED}-{RULE}]")
_ITEM = re.compile(f"(<ol>)?<li>{NUMBERED}([0-9]{{1,6}})([1aAiI]){END}")
_LEFT = re.compile(f"{NUMBERED}[0-9]{{1,6}}[1aAiI]{END}")
_RULE = re.compile(f"<p>{RULE}</p>")
_SPAN = re.compile(f"{LANG}([a-z]{{2,3}}){END}([^<{SPAN_END}]*){SPAN_END}")
_TWICE = re.compile(r'</span><span lang="([a-z]{2,3})">')
_RTL = re.compile(f"<(p|h[1-6]|li)>{RTL}")
_OFF = frozenset({"0", "false", "off", "none"})


def insert_placeholders(data: bytes, lost: Findings, changed: Findings) -> bytes:
    """Return the document with placeholders in its text."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as packed, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        names = packed.namelist()
        numbering = Numbering(fromstring(packed.read("word/numbering.xml")) if "word/numbering.xml" in names else None)
        for name in dict.fromkeys(names):
            content = packed.read(name)
            if name in PARTS:
                root = fromstring(content)
                insert_into_part(root, numbering, lost, changed)
                content = tostring(root, encoding="utf-8", xml_declaration=True)
            made.writestr(name, content, compresslevel=1)
    return out.getvalue()


def insert_into_part(root: Element, numbering: Numbering, lost: Findings, changed: Findings) -> None:
    """Insert placeholders into one part, such as the text or the footnotes."""
    for text in root.iter(f"{W}t"):
        text.text = _ANY.sub("", text.text or "")
    drop_hidden_text(root, lost)
    tracked = sum(each.find(f".//{W}r") is not None for kind in ("ins", "del") for each in root.iter(f"{W}{kind}"))
    changed += [("tracked change(s) (was|were) accepted", "")] * tracked
    main = main_language(root)
    for paragraph in root.iter(f"{W}p"):
        replace_formulas(paragraph, lost, changed)
        for run in paragraph.iter(f"{W}r"):
            if (language := run_language(run)) and language != main:
                wrap_language(run, language)
        if inserted := paragraph_placeholders(paragraph, numbering):
            first = Element(f"{W}r")
            text_element = Element(f"{W}t")
            text_element.text = inserted
            first.append(text_element)
            paragraph.insert(1 if paragraph.find(f"{W}pPr") is not None else 0, first)


def drop_hidden_text(root: Element, lost: Findings) -> None:
    """Remove hidden text and report it as lost."""
    for parent in list(root.iter()):
        for run in [child for child in parent if child.tag == f"{W}r" and is_on(child.find(f"{W}rPr/{W}vanish"))]:
            parent.remove(run)
            if content := "".join(text.text or "" for text in run.iter(f"{W}t")).strip():
                lost.append(("passage(s) of hidden text", content[:60]))


def is_on(element: Element | None) -> bool:
    """Whether a property is set and not switched off."""
    return element is not None and element.get(f"{W}val", "1").lower() not in _OFF


def paragraph_placeholders(paragraph: Element, numbering: Numbering) -> str:
    """Return the placeholders for a paragraph's direction and number, or for a horizontal line."""
    style = paragraph.find(f"{W}pPr")
    if style is None:
        return ""
    inserted = RTL if is_on(style.find(f"{W}bidi")) else ""
    if numbered := numbering.next_number(style.find(f"{W}numPr")):
        number, kind = numbered
        return f"{NUMBERED}{number}{kind}{END}{inserted}"
    is_line = style.find(f"{W}pBdr/{W}bottom") is not None or style.find(f"{W}pBdr/{W}top") is not None
    return RULE if is_line and paragraph.find(f".//{W}r") is None else inserted


def run_language(run: Element) -> str:
    """Return the language of a run, such as `en`, or nothing."""
    element = run.find(f"{W}rPr/{W}lang")
    if element is None:
        return ""
    is_rtl = is_on(run.find(f"{W}rPr/{W}rtl"))
    value = element.get(f"{W}bidi" if is_rtl else f"{W}val", "")
    return value.partition("-")[0].lower() if re.fullmatch(r"[A-Za-z]{2,3}(?:-.*)?", value) else ""


def main_language(root: Element) -> str:
    """Return the language of most of the text; unmarked text counts as a language of its own."""
    languages: Counter[str] = Counter()
    for run in root.iter(f"{W}r"):
        languages[run_language(run)] += sum(len(text.text or "") for text in run.iter(f"{W}t"))
    return languages.most_common(1)[0][0] if languages else ""


def wrap_language(run: Element, language: str) -> None:
    """Put placeholders for the language around a run's text."""
    for text in run.findall(f"{W}t"):
        if (text.text or "").strip():
            text.text = f"{LANG}{language}{END}{text.text}{SPAN_END}"
            text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


def replace_placeholders(html: str) -> str:
    """Replace the placeholders by tags."""
    html = _ITEM.sub(lambda item: "".join(item_tags(item)), html)
    html = _RULE.sub("<hr>", _LEFT.sub("", html))
    html = _SPAN.sub(lambda found: f'<span lang="{found[1]}">{found[2]}</span>', html)
    html = _TWICE.sub(lambda found: "" if has_same_language(html, found) else found[0], html)
    html = _RTL.sub(r'<\1 dir="rtl">', html)
    return _ANY.sub("", html)


def has_same_language(html: str, found: re.Match[str]) -> bool:
    """Return whether the span that ends at a match of _TWICE has the language of the next one."""
    opened = html.rfind('<span lang="', 0, found.start())
    return html.startswith(f'<span lang="{found[1]}">', opened)


def item_tags(item: re.Match[str]) -> Iterator[str]:
    """Yield the start tags of a numbered item, and of its list if it begins there."""
    if item[1]:
        start = "" if item[2] == "1" else f' start="{item[2]}"'
        kind = "" if item[3] == "1" else f' type="{item[3]}"'
        yield f"<ol{start}{kind}>"
    yield "<li>"
