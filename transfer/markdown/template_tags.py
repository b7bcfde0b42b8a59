"""Template tags of Jekyll (Liquid), Hugo (shortcodes) and Pelican in a text, as Markdown or HTML where possible."""

import re
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
_HIGHLIGHT = re.compile(
    r"\{%-?\s*highlight(?:\s+(?P<a>[\w+#-]+))?[^%]{0,80}-?%\}\n?(?P<code>.*?)\n?\{%-?\s*endhighlight\s*-?%\}"
    r"|\{\{[<%]\s*highlight(?:\s+\"?(?P<b>[\w+#-]+)\"?)?[^{}]{0,80}[>%]\}\}\n?(?P<other>.*?)\n?\{\{[<%]\s*/\s*highlight\s*[>%]\}\}",
    re.DOTALL,
)
_FIGURE = re.compile(r"\{\{[<%]\s*(?:figure|img)\s(?P<rest>(?:[^{}\"]|\"[^\"]*\")*?)\s*/?[>%]\}\}")
_YOUTUBE = re.compile(
    r"""\{\{[<%]\s*youtube\s+(?:id=)?["']?(?P<a>[\w-]{6,20})["']?\s*[>%]\}\}|\{%\s*(?:include\s+)?youtube(?:\.html)?\s+(?:id=)?["']?(?P<b>[\w-]{6,20})["']?\s*%\}"""
)
_ATTRIBUTE = re.compile(r"""([\w-]+)=(?:"([^"]*)"|'([^']*)'|([^\s"']+))""")
_ATTRIBUTES = re.compile(r"^[ \t]*\{:[^}\n]*\}[ \t]*$|\{:[ \t]*[.#\w][^}\n]*\}", re.MULTILINE)  # kramdown's
_RAW = re.compile(r"\{%-?\s*raw\s*-?%\}(?P<inside>.*?)\{%-?\s*endraw\s*-?%\}", re.DOTALL)
_LEFT = re.compile(r"\{%-?\s*(?P<liquid>\w+)[^%]{0,200}%\}|\{\{[<%]\s*/?(?P<shortcode>[\w./-]+)[^{}]{0,200}[>%]\}\}")
_CODE = re.compile(r"^(?P<fence>```+|~~~+)[^\n]*\n.*?^(?P=fence)[ \t]*$|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def replace_tags(text: str, changed: Findings) -> str:
    """Replace what can be replaced, and record tags that stay in the text. Code stays as it is."""
    text = _RAW.sub(lambda raw: raw["inside"], _HIGHLIGHT.sub(fence_code, text))
    parts, at = [], 0
    for code in _CODE.finditer(text):
        parts += [replace_outside_code(text[at : code.start()], changed), code[0]]
        at = code.end()
    return "".join([*parts, replace_outside_code(text[at:], changed)])


def replace_outside_code(text: str, changed: Findings) -> str:
    """Replace the tags in a part of a text without code."""
    if "{" not in text and "|" not in text:
        return text
    text = _IN_LINK.sub(lambda link: link["before"], text)
    text = _URL.sub(lambda url: url["path"], _SITE.sub("", text))
    text = _REF.sub(lambda ref: ref["path"], _LINK.sub(link_path, text))
    text = _YOUTUBE.sub(lambda video: f"<https://www.youtube.com/watch?v={video['a'] or video['b']}>", text)
    text = _ATTRIBUTES.sub("", _FIGURE.sub(figure_html, text))
    for tag in _LEFT.finditer(text):
        name = f"{{% {tag['liquid']} %}}" if tag["liquid"] else f"{{{{< {tag['shortcode']} >}}}}"
        changed.append(("template tag(s) (was|were) left in the text", name))
    return text


def fence_code(found: re.Match[str]) -> str:
    """Return highlighted code as a fenced code block."""
    code = found["code"] if found["code"] is not None else found["other"]
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", code)), default=0))
    return f"\n{fence}{found['a'] or found['b'] or ''}\n{code}\n{fence}\n"


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
