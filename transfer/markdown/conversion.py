"""Conversion of a Markdown or HTML file of another site to an essay's body, with its links and pictures."""

import re
from collections.abc import Callable
from html import escape, unescape
from pathlib import PurePosixPath
from urllib.parse import quote, unquote, urljoin

from blog import markup
from blog.editor import Conversion, convert_html
from blog.editor.markdown import MAX_MARKUP_CHARACTERS, build_parser, has_too_much_markup
from blog.models import Site
from transfer import pictures
from transfer.document.markdown import repeats_title
from transfer.fields.post import PELICAN, Post
from transfer.markdown import template_tags, text
from transfer.markdown.files import Files, is_text
from transfer.markdown.layout import SUFFIXES
from transfer.report import Unreadable

MAX_TAGS = 50_000  # of an essay of a site of ours, which is only cleaned
LINKED = "/imported-text/"  # of links to other texts, until all texts have their addresses
_LANGUAGE_LINE = re.compile(r"<pre><code>:::([\w+#-]{1,40})\n")  # above code, with Pelican
_HREF = re.compile(r' href="([^"]*)"')
_LINKED_TEXT = re.compile(rf' href="{LINKED}(?P<path>[^"#]*)(?P<fragment>#[^"]*)?"')


class Converter:
    def __init__(self, files: Files) -> None:
        self.files = files
        self.linked_pictures: set[str] = set()
        """Addresses of the archive's pictures in the text converted last."""

    def convert(self, post: Post) -> Conversion:
        """Convert the text of a file. Raises Unreadable for one that would take too long."""
        self.linked_pictures = set()
        if post.is_own and post.text("format") == "html":
            if post.body.count("<") > MAX_TAGS:
                raise Unreadable(f"{post.path} has more than {MAX_TAGS:,} HTML tags")
            return Conversion(markup.clean_essay("".join(text.blocks(post.body))))
        if has_too_much_markup(post.body):
            raise Unreadable(f"{post.path} has more than {MAX_MARKUP_CHARACTERS:,} formatting characters; split it")
        changed: list[tuple[str, str]] = []
        lost: list[tuple[str, str]] = []
        source = post.body if post.is_own else template_tags.replace_tags(post.body, changed)
        has_title = not post.is_own and repeats_title(source, post.title)
        if PurePosixPath(post.path).suffix.lower() in SUFFIXES:
            has_formulas = not post.is_own and Site.objects.current().formulas
            source = str(build_parser(has_formulas=has_formulas, has_extensions=not post.is_own).render(source))
            if post.site_kind == PELICAN:
                source = _LANGUAGE_LINE.sub(r'<pre><code class="language-\1">', source)
        source = _HREF.sub(lambda link: self.resolve_link(link, post, lost), source)
        result = convert_html(source, resolve_picture=self.resolver(post), has_title=has_title)
        result.changed += changed
        result.lost += lost
        return result

    def resolver(self, post: Post) -> Callable[[str, str], str]:
        """Return the function that finds the pictures of a text."""

        def resolve(address: str, alt: str) -> str:
            """Return a picture's address on the web, which it also has if it is in the archive."""
            if (found := self.files.find_linked(address, post.path)) and pictures.is_picture(found):
                self.linked_pictures.add(url := self.files.picture_address(found))
                return url
            if address.startswith(("https://", "http://")):
                return address
            if address.startswith("//"):
                return f"https:{address}"
            is_path = address.startswith("/") and self.files.layout.url
            return urljoin(f"{self.files.layout.url}/", address) if is_path else ""

        return resolve

    def resolve_link(self, link: re.Match[str], post: Post, lost: list[tuple[str, str]]) -> str:
        """Return a link to a file of the archive as one to the picture or text here; other links stay."""
        address = unescape(link[1])
        path, _, fragment = address.partition("#")
        found = self.files.find_linked(path, post.path) or self.find_page(path, post)
        if found is None:
            return link[0]
        if pictures.is_picture(found):
            self.linked_pictures.add(url := self.files.picture_address(found))
            return f' href="{escape(url)}"'
        if is_text(found):
            return f' href="{LINKED}{quote(found)}{f"#{quote(fragment)}" if fragment else ""}"'
        lost.append(("linked file(s) that (is not a picture|are not pictures)", found))
        return link[0]

    def find_page(self, path: str, post: Post) -> str | None:
        """Return the bundle that a link without a file's name leads to, as Hugo's `ref` may write it."""
        if not path or ":" in path or path.startswith("#"):
            return None
        for ending in (".md", "/index.md"):
            if found := self.files.find_linked(path.rstrip("/") + ending, post.path):
                return found
        return None


def has_linked_texts(body: str) -> bool:
    """Return whether a body links to texts by the paths of their files."""
    return _LINKED_TEXT.search(body) is not None


def link_texts(body: str, address_of: Callable[[str], str]) -> str:
    """Return a body with links to imported texts in place of those to files; `address_of` returns "" for none."""

    def replacement(link: re.Match[str]) -> str:
        path = unquote(unescape(link["path"]))
        return f' href="{escape(address_of(path) or f"/{path}")}{link["fragment"] or ""}"'

    return _LINKED_TEXT.sub(replacement, body)
