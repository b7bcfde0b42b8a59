"""What the HTML of an email may contain: elements, attributes and properties that email programs support.

Most facts are from Can I email (github.com/hteumeuleu/caniemail, `_features/`, named below), which tests Gmail, Outlook
and Apple Mail; the limits of size are from github.com/hteumeuleu/email-bugs, issues 41 and 90.
"""

import re
from html.parser import HTMLParser

GMAIL_CLIPS_AT = 102 * 1024  # bytes of HTML
GMAIL_STYLES = 8192  # bytes of style sheets; more in newer versions

# html-semantics: Outlook on Windows knows no HTML5 element, and Gmail replaces <details> and <summary>.
# html-lists, html-pre: everywhere. There is no fact about the plain elements of HTML 3.2 and 4, which Word writes itself.
ELEMENTS = {
    "html", "head", "body", "meta", "title", "style", "div", "p", "h1", "h2", "h3", "h4", "ul", "ol", "li", "dl", "dt",
    "dd", "blockquote", "hr", "pre", "br", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "img", "a", "span", "b",
    "i", "u", "s", "em", "strong", "cite", "q", "abbr", "code", "sub", "sup", "bdi",
}  # fmt: skip

# html-lang, html-dir, html-width: everywhere. html-anchor-links: Gmail and Outlook on Windows find an empty <a name>,
# but no `id`.
ATTRIBUTES = {
    "lang", "dir", "style", "class", "href", "name", "title", "src", "alt", "width", "align", "cellpadding",
    "cellspacing", "border", "role", "colspan", "rowspan", "scope", "start", "value", "type", "aria-label",
    "tabindex",  # only for keyboards, on what scrolls
}  # fmt: skip

# In all of Gmail, Outlook on Windows and Apple Mail.
PROPERTIES = {
    "background-color",  # css-background-color
    "border", "border-top", "border-bottom", "border-color",  # css-border
    "border-collapse",  # css-border-collapse
    "color", "font-family", "font-style", "font-weight", "text-decoration",
    "font-size", "line-height",  # css-font-size, css-line-height
    "margin",  # css-margin: no `auto` in Outlook on Windows, which gets a table
    "vertical-align",  # css-vertical-align
    "word-break",  # css-word-break: instead of overflow-wrap, which Gmail and Apple Mail lack (css-overflow-wrap)
    "width", "height",
}  # fmt: skip

# Not in Outlook on Windows, with what does the same there.
ADDITIONS = {
    "padding": "a cell of the table around the email, and the cells of tables (css-padding)",
    "max-width": "the width of a table and of each picture, as an attribute (css-max-width, html-width)",
    "min-width": "wide windows, in which tables fit",
    "overflow-x": "the same (css-overflow); Apple Mail on macOS does not scroll either",
    "white-space": "<pre>, which Word wraps (css-white-space, html-pre)",
    "display": "mso-hide for the first line in the inbox; pictures in figures are alone in a block (css-display-none)",
    "mso-hide": "Word's own property",
}
_VALUES_NOBODY_KNOWS = re.compile(
    r"flex|grid|var\(|light-dark|calc\(|clamp|oklch|-(?:inline|block)-|url\(", re.IGNORECASE
)
_DECLARATION = re.compile(r"\s*(?P<name>[a-z-]+)\s*:\s*(?P<value>[^;{}]+?)\s*(?:!important)?\s*")
# The only style sheet is for dark mode, in programs that know it (css-at-media-prefers-color-scheme).
_SHEET = re.compile(r"\s*@media \(prefers-color-scheme: dark\) \{(?:\s*[a-z0-9., -]+ \{[^{}]*\})+\s*\}\s*")


class EmailReader(HTMLParser):
    """Collects what email programs do not support, and the open elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        if len(html.encode()) > GMAIL_CLIPS_AT:
            self.problems.append("Gmail clips it")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag not in ELEMENTS:
            self.problems.append(f"<{tag}>")
        known = ATTRIBUTES | ({"charset", "content"} if tag == "meta" else set())
        self.problems += [f"<{tag} {name}>" for name in attributes.keys() - known]
        self.problems += problems_of_style(attributes.get("style", ""))
        if tag == "img" and not 0 < int(attributes.get("width", "0")) <= 600:
            self.problems.append("a picture without a width that fits")
        if tag == "style":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and tag == self.open[-1]:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            return
        if not _SHEET.fullmatch(data) or len(data.encode()) > GMAIL_STYLES:
            self.problems.append("the style sheet")
        for block in re.findall(r"\{([^{}]*)\}", data):
            self.problems += problems_of_style(block)


def problems_of_style(style: str) -> list[str]:
    """Return the declarations with a property or value that email programs do not support."""
    found = []
    for declaration in filter(str.strip, style.split(";")):
        match = _DECLARATION.fullmatch(declaration)
        is_known = match is not None and match["name"] in PROPERTIES | ADDITIONS.keys()
        if not is_known or _VALUES_NOBODY_KNOWS.search(declaration):
            found.append(declaration.strip())
    return found
