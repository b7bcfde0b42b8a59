"""Code with a language: the classes that its kinds of words get, by Pygments."""

import re
from collections.abc import Iterable, Iterator
from html import escape, unescape
from itertools import groupby
from time import thread_time
from typing import Any

from blog.markup.reading import Tag

MAX_LENGTH = 20_000  # characters of one block; a longer one is shown in one color
MAX_LINE = 1_000  # characters; some lexers take time with the square of a line's length
MAX_TOTAL = 150_000  # characters in a text
MAX_SECONDS = 2.0  # of CPU for a text; what is left is shown in one color

_BLOCK = re.compile(r'<pre class="language-(?P<name>[a-z0-9+#.-]+)"(?P<more>[^>]*)>(?P<code>[^<]*)</pre>')
_NAME = re.compile(r"(?:^|\s)(?:language|lang)-(?P<name>[A-Za-z0-9][A-Za-z0-9+#.-]{0,29})(?=\s|$)")
_PLAIN = frozenset({"none", "plain", "plaintext", "text", "txt"})

# Pygments' lexers by the names that people write. Others are not loaded: some read on for long, or guess.
LEXERS = {
    alias: lexer
    for lexer, aliases in {
        "bash": "bash console shell shellsession sh zsh",
        "bibtex": "bibtex bib",
        "c": "c h",
        "c#": "c# csharp cs",
        "clojure": "clojure clj",
        "common-lisp": "common-lisp lisp elisp",
        "cpp": "c++ cc cpp hpp",
        "css": "css",
        "dart": "dart",
        "diff": "diff patch",
        "docker": "docker dockerfile",
        "elixir": "elixir ex exs",
        "erlang": "erlang erl",
        "fortran": "f90 fortran",
        "fsharp": "f# fsharp fs",
        "go": "go golang",
        "graphql": "graphql",
        "haskell": "haskell hs",
        "html": "html xhtml",
        "ini": "cfg conf ini properties",
        "java": "java",
        "javascript": "javascript js jsx mjs",
        "json": "json jsonc",
        "julia": "jl julia",
        "kotlin": "kotlin kt",
        "lua": "lua",
        "make": "make makefile",
        "nginx": "nginx",
        "nix": "nix",
        "objective-c": "objc objective-c",
        "ocaml": "ml ocaml",
        "perl": "perl pl",
        "php": "php",
        "powershell": "powershell ps1",
        "prolog": "prolog",
        "python": "py python python3",
        "r": "r rlang",
        "ruby": "rb ruby",
        "rust": "rs rust",
        "scala": "scala",
        "scheme": "racket scheme",
        "scss": "sass scss",
        "smalltalk": "smalltalk",
        "sql": "mysql postgresql sql sqlite",
        "swift": "swift",
        "tex": "latex tex",
        "toml": "toml",
        "typescript": "ts tsx typescript",
        "vb.net": "vb vb.net",
        "xml": "svg xml",
        "yaml": "yaml yml",
        "zig": "zig",
    }.items()
    for alias in aliases.split()
}


def language_class(value: str) -> str | None:
    """Return the class that names a code block's language, such as `language-python`, from those of its tag."""
    found = _NAME.search(value)
    name = found["name"].lower().rstrip(".-") if found else ""
    return f"language-{name}" if name and name not in _PLAIN else None


def with_languages(tokens: Iterable[str | Tag]) -> Iterator[str | Tag]:
    """Move the language of code from <code>, where Markdown writes it, to the <pre> around it, and drop that <code>."""
    block: Tag | None = None
    for token in tokens:
        if block is not None and token != "":
            is_code = isinstance(token, Tag) and token.name == "code" and not token.is_end
            inner = token.attributes.get("class", "") if isinstance(token, Tag) and is_code else ""
            language = language_class(f"{inner} {block.attributes.get('class', '')}")
            has_moved = is_code and language is not None
            yield block._replace(attributes={**block.attributes, "class": language or ""}) if has_moved else block
            block = None
            if has_moved:
                continue
        if isinstance(token, Tag) and token.name == "pre" and not token.is_end:
            block = token
        elif block is None:
            yield token
    if block is not None:
        yield block


def may_contain_language(html: str) -> bool:
    return '<pre class="language-' in html


def highlight(html: str) -> str:
    """Return cleaned HTML with classes for the words in its code blocks, if their language is known."""
    return _Highlighter().highlight(html)


class _Highlighter:
    def __init__(self) -> None:
        self.characters_left = MAX_TOTAL
        self.end = thread_time() + MAX_SECONDS

    def highlight(self, html: str) -> str:
        """Replace each code block with a language."""
        return _BLOCK.sub(self.replacement, html)

    def replacement(self, block: re.Match[str]) -> str:
        """Return a code block with classes for its words, or as it is if it cannot be read in time."""
        code = unescape(block["code"])
        self.characters_left -= len(code)
        lexer = LEXERS.get(block["name"])
        is_large = len(code) > MAX_LENGTH or max(map(len, code.split("\n"))) > MAX_LINE
        if lexer is None or is_large or self.characters_left < 0 or thread_time() > self.end:
            return block[0]
        ending = "" if code.endswith("\n") else "\n"  # some lexers need one
        try:
            pieces = list(self.pieces(lexer, code + ending))
        except TimeoutError:
            return block[0]
        made = "".join(f'<span class="{kind}">{text}</span>' if kind else text for kind, text in pieces)
        if ending:
            made = f"{made.removesuffix('</span>').removesuffix(ending)}{'</span>' * made.endswith('</span>')}"
        start = f'<pre class="language-{block["name"]}"{block["more"]}>'
        return f"{start}<code>{made}</code></pre>"

    def pieces(self, lexer: str, code: str) -> Iterator[tuple[str, str]]:
        """Yield the class of each piece of code, "" for none, and its text as HTML. Raises TimeoutError."""
        kinds = _kinds()
        for kind, group in groupby(self.tokens(lexer, code), key=lambda pair: _class_of(pair[0], kinds)):
            text = escape("".join(text for _kind, text in group), quote=False)
            yield (kind if text.strip() else "", text)

    def tokens(self, lexer: str, code: str) -> Iterator[tuple[Any, str]]:
        """Yield Pygments' tokens. Raises TimeoutError."""
        from pygments.lexers import get_lexer_by_name  # 30 ms, and most essays have no code

        for token in get_lexer_by_name(lexer, stripnl=False, ensurenl=False).get_tokens(code):
            if thread_time() > self.end:
                raise TimeoutError
            yield token


def _class_of(token: Any, kinds: dict[Any, str]) -> str:
    """Return the class of a kind of token, or of the nearest kind above it."""
    return next((kinds[each] for each in reversed(token.split()) if each in kinds), "")


def _kinds() -> dict[Any, str]:
    """Return the classes of Pygments' kinds of tokens: of each kind and those below it."""
    from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String

    return {
        Comment: "c", Comment.Preproc: "k", Keyword: "k", Keyword.Constant: "n", Operator.Word: "k", String: "s",
        Number: "n", Name.Function: "f", Name.Class: "f", Name.Namespace: "f", Name.Decorator: "f", Name.Tag: "k",
        Name.Attribute: "f", Generic.Deleted: "k", Generic.Inserted: "s", Generic.Heading: "f",
        Generic.Subheading: "f", Generic.Prompt: "c", Generic.Output: "c",
    }  # fmt: skip
