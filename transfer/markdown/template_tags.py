"""Template tags of Jekyll (Liquid), Hugo (shortcodes) and Pelican in a text, as Markdown or HTML where possible."""

import re
from collections.abc import Callable, Iterator
from html import escape

from blog.editor.tree import Findings

_IN_LINK = re.compile(
    r"(?P<before>\]\(\s*<?|(?:src|href)=[\"']|^\[[^\]\n]{1,100}\]:\s*)(?P<name>[{|](?:static|attach|filename)[}|])",
    re.MULTILINE,
)
_SITE = re.compile(r"\{\{-?\s*(?:site\.(?:baseurl|url)|\"\" ?\| ?(?:relative|absolute)_url)\s*-?\}\}")
_URL = re.compile(r"\{\{-?\s*[\"'](?P<path>[^\"'{}]+)[\"']\s*\|\s*(?:relative_url|absolute_url|relURL|absURL)\s*-?\}\}")
_LINK = re.compile(r"\{%-?\s*(?P<kind>link|post_url)\s+(?P<path>[^\s%]+)\s*-?%\}")
_REF = re.compile(r"""\{\{[<%]\s*(?:rel)?ref\s+["']?(?P<path>[^\s"'>%]+)["']?[^{}]{0,40}[>%]\}\}""")
_HIGHLIGHT = (
    (
        re.compile(r"\{%-?\s{0,9}highlight(?:\s+(?P<language>[\w+#-]{1,40}))?[^%\n]{0,80}%\}\n?"),
        re.compile(r"\n?\{%-?\s{0,9}endhighlight\s{0,9}-?%\}"),
    ),
    (
        re.compile(r"\{\{[<%]\s{0,9}highlight(?:\s+\"?(?P<language>[\w+#-]{1,40})\"?)?[^{}\n]{0,80}[>%]\}\}\n?"),
        re.compile(r"\n?\{\{[<%]\s{0,9}/\s{0,9}highlight\s{0,9}[>%]\}\}"),
    ),
)
_COMMENT = re.compile(r"\{%-?\s{0,9}comment\s{0,9}-?%\}"), re.compile(r"\{%-?\s{0,9}endcomment\s{0,9}-?%\}")
_RAW = re.compile(r"\{%-?\s{0,9}raw\s{0,9}-?%\}"), re.compile(r"\{%-?\s{0,9}endraw\s{0,9}-?%\}")
_FIGURE = re.compile(r"\{\{[<%]\s*(?:figure|img)\s(?P<rest>(?:[^{}\"]|\"[^\"]*\")*?)\s*/?[>%]\}\}")
_YOUTUBE = re.compile(
    r"""\{\{[<%]\s*youtube\s+(?:id=)?["']?(?P<a>[\w-]{6,20})["']?\s*[>%]\}\}|\{%\s*(?:include\s+)?youtube(?:\.html)?\s+(?:id=)?["']?(?P<b>[\w-]{6,20})["']?\s*%\}"""
)
_ATTRIBUTE = re.compile(r"""([\w-]+)=(?:"([^"]*)"|'([^']*)'|([^\s"']+))""")
_ATTRIBUTES = re.compile(
    r"^[ \t]*\{:[^}\n]{0,200}\}[ \t]*$|\{:[ \t]{0,9}[.#\w][^}\n]{0,200}\}", re.MULTILINE
)  # kramdown's
_HEADING_ATTRIBUTES = re.compile(
    r"^(?P<heading>[ ]{0,3}#{1,6}[ \t][^\n{]{1,300})\{[#.][\w-][^{}\n]{0,200}\}[ \t#]*$", re.MULTILINE
)  # Hugo's, and Python-Markdown's
# The place of a table of contents, which our pages have anyway: kramdown's, and that of Python-Markdown
_CONTENTS = re.compile(r"^(?:[*+-] .{0,80}\n\{:[^}\n]{0,40}\btoc\b[^}\n]{0,40}\}|\[TOC\])[ \t]*$", re.MULTILINE)
_LEFT = re.compile(
    r"\{%-?\s*(?P<liquid>\w+)[^%]{0,200}%\}|\{\{[<%]\s*/?(?P<shortcode>[\w./-]+)[^{}]{0,200}[>%]\}\}"
    r"|\{\{-?\s*(?P<variable>(?:site|page|layout|include)\.[\w.]{1,80})[^{}]{0,200}\}\}"
)
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})(?P<rest>.*)")
_INLINE_CODE = re.compile(r"`[^`\n]+`")


def replace_tags(text: str, changed: Findings) -> str:
    """Replace what can be replaced, and record tags that stay in the text. Code stays as it is."""
    for first, last in _HIGHLIGHT:
        text = replace_pairs(text, first, last, fence_code)
    text = replace_pairs(text, *_COMMENT, lambda _start, _inside: "")
    text = replace_pairs(text, *_RAW, lambda _start, inside: inside)
    return "".join(
        part if is_code else replace_outside_code(part, changed)
        for block, is_block in split_fences(text)
        for part, is_code in ([(block, True)] if is_block else split_inline_code(block))
    )


def replace_pairs(
    text: str, first: re.Pattern[str], last: re.Pattern[str], replacement: Callable[[re.Match[str], str], str]
) -> str:
    """Replace what is between two tags, both included, in one pass; a start without an end stays."""
    parts, at = [], 0
    while (start := first.search(text, at)) and (end := last.search(text, start.end())):
        parts += [text[at : start.start()], replacement(start, text[start.end() : end.start()])]
        at = end.end()
    return "".join([*parts, text[at:]])


def split_fences(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a text, and whether each is a fenced code block."""
    lines: list[str] = []
    fence = ""
    for line in text.splitlines(keepends=True):
        found = _FENCE.match(line)
        if not fence and found:
            yield "".join(lines), False
            lines, fence = [line], found["fence"]
        elif fence and found and found["fence"].startswith(fence) and not found["rest"].strip():
            yield "".join([*lines, line]), True
            lines, fence = [], ""
        else:
            lines.append(line)
    yield "".join(lines), bool(fence)


def split_inline_code(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a text without code blocks, and whether each is code in a line."""
    at = 0
    for code in _INLINE_CODE.finditer(text):
        yield text[at : code.start()], False
        yield code[0], True
        at = code.end()
    yield text[at:], False


def replace_outside_code(text: str, changed: Findings) -> str:
    """Replace the tags in a part of a text without code."""
    text = _CONTENTS.sub("", text)
    if "{" not in text and "|" not in text:
        return text
    text = _IN_LINK.sub(lambda link: link["before"], text)
    text = _URL.sub(lambda url: url["path"], _SITE.sub("", text))
    text = _REF.sub(lambda ref: ref["path"], _LINK.sub(link_path, text))
    text = _YOUTUBE.sub(lambda video: f"<https://www.youtube.com/watch?v={video['a'] or video['b']}>", text)
    text = _ATTRIBUTES.sub("", _FIGURE.sub(figure_html, text))
    text = _HEADING_ATTRIBUTES.sub(lambda found: found["heading"].rstrip(), text)
    for tag in _LEFT.finditer(text):
        names = {"liquid": "{{% {} %}}", "shortcode": "{{{{< {} >}}}}", "variable": "{{{{ {} }}}}"}
        kind = str(tag.lastgroup)
        changed.append(("template tag(s) (was|were) left in the text", names[kind].format(tag[kind])))
    return text


def fence_code(start: re.Match[str], code: str) -> str:
    """Return highlighted code as a fenced code block."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", code)), default=0))
    return f"\n{fence}{start['language'] or ''}\n{code}\n{fence}\n"


def link_path(found: re.Match[str]) -> str:
    """Return the path of the file that a link tag names; a post's without its folder."""
    return found["path"] if found["kind"] == "link" else f"_posts/{found['path'].strip('/')}.md"


def figure_html(found: re.Match[str]) -> str:
    """Return the picture of a figure shortcode with its caption, as HTML."""
    values = {each[1].lower(): each[2] or each[3] or each[4] or "" for each in _ATTRIBUTE.finditer(found["rest"])}
    if not values.get("src"):
        return found[0]
    caption = values.get("caption") or values.get("title") or ""
    picture = f'<img src="{escape(values["src"])}" alt="{escape(values.get("alt") or "")}">'
    return f"\n\n<figure>{picture}{f'<figcaption>{escape(caption)}</figcaption>' if caption else ''}</figure>\n\n"
