"""What wrote a folder of Markdown files: our own export, Jekyll, Hugo or Pelican; its texts and its old address."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from transfer.fields.post import HUGO, JEKYLL, OWN, PELICAN, is_web_address
from transfer.markdown.archive import Archive

SUFFIXES = frozenset({".md", ".markdown", ".mkd", ".mkdn", ".mdown"})
HTML_SUFFIXES = frozenset({".html", ".htm"})
OTHER_SUFFIXES = frozenset({".rst", ".org", ".adoc", ".asciidoc", ".textile", ".ipynb"})
NOT_TEXTS = frozenset({"readme", "license", "licence", "changelog", "contributing", "code_of_conduct", "security"})
NO_CONTENT = frozenset(
    {"themes", "layouts", "archetypes", "vendor", "public", "resources", "output", "static", "assets"}
)
BUILT_INTO_JEKYLL = frozenset({"_posts", "_drafts", "_site", "_includes", "_layouts", "_data", "_sass", "_plugins"})
CONFIGS = {
    JEKYLL: ("_config.yml", "_config.yaml", "_config.toml"),
    HUGO: tuple(
        f"{folder}{name}.{kind}"
        for folder in ("", "config/_default/", "config/production/")
        for name in ("hugo", "config")
        for kind in ("toml", "yaml", "yml", "json")
    ),
    PELICAN: ("publishconf.py", "pelicanconf.py"),
}
_SETTING = r"""^[ \t]*["']?{}["']?[ \t]*[:=][ \t]*["']?(?P<value>[^"'\s,#]+)"""
_ADDRESS = re.compile(_SETTING.format("(?:url|baseURL|SITEURL)"), re.MULTILINE | re.IGNORECASE)
_BASE_PATH = re.compile(_SETTING.format("baseurl"), re.MULTILINE)
_LANGUAGE = re.compile(_SETTING.format("defaultContentLanguage"), re.MULTILINE | re.IGNORECASE)
_PERMALINK = re.compile(_SETTING.format("permalink"), re.MULTILINE)


@dataclass
class Layout:
    kind: str
    url: str = ""
    """The old site's address without a final slash, or nothing if it is unknown."""
    permalink: str = ""
    """Jekyll's pattern of addresses."""
    language: str = "en"
    """The language of Hugo's addresses that name none."""

    @property
    def host(self) -> str:
        """The old site's host and path, which its texts are recognized by."""
        parts = urlsplit(self.url)
        return f"{parts.netloc.lower()}{parts.path}"

    @property
    def base_path(self) -> str:
        """The path below which the old site's addresses are, without a final slash."""
        return urlsplit(self.url).path


def find_layout(archive: Archive) -> Layout:
    """Recognize what wrote an archive by its settings or its folders."""
    if "comments.json" in archive:
        return Layout(OWN)
    for kind, files in CONFIGS.items():
        if found := [name for name in files if name in archive]:
            return read_settings(kind, [archive.read(name).decode(errors="replace") for name in found])
    parts = {part for path in archive for part in path.split("/")[:-1]}
    if parts & {"_posts", "_drafts"}:
        return Layout(JEKYLL)
    return Layout(HUGO if any(path.startswith("content/") for path in archive) else "")


def read_settings(kind: str, sources: list[str]) -> Layout:
    """Return the layout of a site with these settings files."""
    found = (match["value"] for source in sources if (match := _ADDRESS.search(source)))
    url = next((each.rstrip("/") for each in found if is_web_address(each)), "")
    if kind != JEKYLL:
        language = next((match["value"] for source in sources if (match := _LANGUAGE.search(source))), "en")
        return Layout(kind, url, language=language)
    base = next((match["value"].strip("/") for source in sources if (match := _BASE_PATH.search(source))), "")
    permalink = next((match["value"] for source in sources if (match := _PERMALINK.search(source))), "")
    return Layout(kind, f"{url}/{base}" if url and base and base != "null" else url, permalink)


def find_texts(archive: Archive, kind: str) -> Iterator[str]:
    """Yield the paths of the texts, and of those in formats that are not imported."""
    has_content = kind in {HUGO, PELICAN} and any(path.startswith("content/") for path in archive)
    for path in archive:
        suffix = PurePosixPath(path).suffix.lower()
        if suffix not in SUFFIXES | HTML_SUFFIXES | OTHER_SUFFIXES:
            continue
        if (path.startswith("content/") or not has_content) and may_be_text(path, kind, suffix):
            yield path


def find_collections(archive: Archive, kind: str) -> Iterator[str]:
    """Yield the texts of Jekyll's collections, whose addresses only its settings know."""
    for path in archive if kind == JEKYLL else ():
        top = path.partition("/")[0]
        if top.startswith("_") and top not in BUILT_INTO_JEKYLL and PurePosixPath(path).suffix.lower() in SUFFIXES:
            yield path


def may_be_text(path: str, kind: str, suffix: str) -> bool:
    """Return whether a file may be an essay or a page, judging by its path."""
    *folders, name = path.split("/")
    stem = PurePosixPath(name).stem.lower()
    if kind == OWN:
        return not folders and suffix in SUFFIXES
    is_post = bool({"_posts", "_drafts"} & {*folders})
    if not folders and stem in NOT_TEXTS:
        return False
    if suffix not in SUFFIXES:  # pages in HTML are templates, except Jekyll's posts and Hugo's content
        return is_post or path.startswith("content/")
    hidden = {each for each in folders if each.startswith("_")} - {"_posts", "_drafts"}
    return not hidden and (path.startswith("content/") or is_post or not NO_CONTENT & {*folders[:1]})
