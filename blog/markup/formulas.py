"""Formulas: TeX between `$$` and `$$` or `\\(` and `\\)` in cleaned HTML, as MathML.

The stored text keeps the TeX. What math-core makes of it is not trusted: only the elements, attributes and values
listed here remain. A formula that cannot be converted, or is too large, stays as it was typed.
"""

import re
from html import escape, unescape
from html.parser import HTMLParser

from blog.markup.hosts import split_words
from blog.markup.nesting import VERBATIM

MAX_LENGTH = 2_000  # characters of one formula
MAX_OUTPUT = 30_000  # characters of its MathML; 20 times its TeX are usual
MAX_NESTING = 60  # of groups and commands; math-core calls itself for each, and a server thread has 2 MB of stack
MAX_FORMULAS = 1_000  # in a text
MAX_FAILED = 20  # formulas that cannot be converted, to list
MAX_TOTAL = 100_000  # characters of their TeX in a text

_TOKEN = re.compile(r"<(?P<end>/?)(?P<name>[a-z][a-z0-9]*)[^>]*>|[^<]+")
_CODE = VERBATIM | {"pre"}
# A formula ends before its delimiters begin again, so that each sign is read once.
_FORMULA = re.compile(
    rf"\$\$(?P<display>(?:[^$\\<]|\\[^<]|<br>){{1,{MAX_LENGTH}}}+)\$\$"
    rf"|\\\((?P<inline>(?:[^\\<]|\\(?![()<]).|<br>){{1,{MAX_LENGTH}}}+)\\\)",
    re.DOTALL,
)
# What the editor or Word made of the signs that TeX needs.
_TYPED = str.maketrans({"’": "'", "‘": "`", "“": '"', "”": '"', "–": "-", "\u2212": "-", "\u00a0": " ", "\u202f": " "})

_ELEMENTS = split_words("""
    math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow mspace msqrt mstyle msub
    msubsup msup mtable mtd mtext mtr munder munderover
""")
_WORD = re.compile(r"true|false|block|normal|prefix|infix|postfix|[0-9]")
_LENGTH = re.compile(r"-?[0-9]{0,2}(?:\.[0-9]{1,8})?(?:em|ex|mu|%)?")
_CHECKS = {
    **dict.fromkeys(
        split_words("""
            accent accentunder columnspan display displaystyle fence form largeop mathvariant movablelimits rowspan
            scriptlevel separator stretchy symmetric
        """),
        _WORD,
    ),
    **dict.fromkeys(split_words("depth height linethickness lspace maxsize minsize rspace voffset width"), _LENGTH),
}
# The style attributes of tables, which the site's policy does not allow, as classes.
_CLASSES = {
    "text-align:left": "m-left",
    "text-align:right": "m-right",
    "padding-left:0": "m-joins-left",
    "padding-right:0": "m-joins-right",
    "width:100%": "m-wide",
    "width:50%": "m-half",
    "border-top:0.05emsolidcurrentcolor": "m-top",
    "border-top:0.05emdashedcurrentcolor": "m-top",
    "border-left:0.05emsolidcurrentcolor": "m-line-left",
    "border-left:0.05emdashedcurrentcolor": "m-line-left",
    "border-right:0.05emsolidcurrentcolor": "m-line-right",
    "border-right:0.05emdashedcurrentcolor": "m-line-right",
}


_TEX_TOKEN = re.compile(
    r"(?P<open>\{|\\left\b|\\begin\b)|(?P<close>\}|\\right\b|\\end\b)|(?P<command>\\[a-zA-Z]+|[_^])|\\.|\S", re.DOTALL
)


class NotConverted(Exception):
    """A formula that stays TeX."""


def may_contain_formula(html: str) -> bool:
    return "$$" in html or "\\(" in html


def convert_formulas(html: str) -> str:
    """Return cleaned HTML with its formulas as MathML, except in code."""
    return _Converter().convert(html)


def find_failed_formulas(html: str) -> list[str]:
    """Return the TeX of the formulas that cannot be converted."""
    converter = _Converter()
    converter.convert(html)
    return [*dict.fromkeys(converter.failed)][:MAX_FAILED]


class _Converter:
    def __init__(self) -> None:
        from math_core import LatexToMathML  # 1 MB of code that few sites need

        self.to_mathml = LatexToMathML(fancy_error=False, max_expansions=0)
        self.formulas_left = MAX_FORMULAS
        self.characters_left = MAX_TOTAL
        self.failed: list[str] = []  # TeX of the formulas that stay as they are

    def convert(self, html: str) -> str:
        """Convert the formulas in each run of text and line breaks, which other tags end."""
        output: list[str] = []
        run: list[str] = []
        code_depth = 0
        for token in _TOKEN.finditer(html):
            name = token["name"]
            if name is None or name == "br":
                run.append(token[0])
                continue
            output += [self.convert_run("".join(run), is_code=code_depth > 0), token[0]]
            run.clear()
            if name in _CODE:
                code_depth += -1 if token["end"] else 1
        output.append(self.convert_run("".join(run), is_code=code_depth > 0))
        return "".join(output)

    def convert_run(self, run: str, *, is_code: bool) -> str:
        """Convert the formulas in text and line breaks."""
        return run if is_code or not may_contain_formula(run) else _FORMULA.sub(self.replacement, run)

    def replacement(self, formula: re.Match[str]) -> str:
        """Return a formula's MathML, or the formula as it is if it cannot be converted."""
        typed = formula["display"] or formula["inline"]
        tex = unescape(typed.replace("<br>", "\n")).translate(_TYPED).replace("…", r"\ldots ").strip()
        self.formulas_left -= 1
        self.characters_left -= len(tex)
        if not tex or self.formulas_left < 0 or self.characters_left < 0:
            self.failed.append(tex)
            return formula[0]
        try:
            mathml = self.mathml(tex, is_display=formula["display"] is not None)
        except NotConverted:
            self.failed.append(tex)
            return formula[0]
        return f'<span class="formula" tabindex="0">{mathml}</span>' if formula["display"] is not None else mathml

    def mathml(self, tex: str, *, is_display: bool) -> str:
        """Return the listed elements of a formula's MathML. Raises NotConverted."""
        if nesting_of(tex) > MAX_NESTING:
            raise NotConverted
        try:
            made = self.to_mathml.convert_with_local_state(tex, displaystyle=is_display)
        except BaseException as error:
            # LatexError, or the exception of Rust's panics, which is no Exception and has no importable name.
            if isinstance(error, Exception) or type(error).__name__ == "PanicException":
                raise NotConverted from error
            raise
        if len(made) > MAX_OUTPUT:
            raise NotConverted
        return _Filter(made).html


def nesting_of(tex: str) -> int:
    """Return how deep TeX may be nested at most, counting each command that could be the argument of the one before."""
    groups: list[int] = []
    depth = run = deepest = 0
    for token in _TEX_TOKEN.finditer(tex):
        match token.lastgroup:
            case "open":
                groups.append(run + 1)
                depth += run + 1
                run = 0
            case "close":
                depth -= groups.pop() if groups else 0
                run = 0
            case "command":
                run += 1
            case _:
                run = 0
        deepest = max(deepest, depth + run)
    return deepest


class _Filter(HTMLParser):
    """Copies MathML with the listed elements and attributes. Raises NotConverted for anything else in it."""

    def __init__(self, mathml: str) -> None:
        super().__init__()
        self.output: list[str] = []
        self.open: list[str] = []
        self.feed(mathml)
        self.close()
        if self.open or len(self.output) < 3:  # nothing but the outermost element
            raise NotConverted

    @property
    def html(self) -> str:
        return "".join(self.output)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _ELEMENTS or len(self.open) >= 2 * MAX_NESTING or (tag == "math") == bool(self.open):
            raise NotConverted
        given = {name: value or "" for name, value in attrs}
        kept = {name: value for name, value in given.items() if name in _CHECKS and _CHECKS[name].fullmatch(value)}
        if tag == "mtable":
            kept.pop("scriptlevel", None)  # no attribute of tables in MathML 3, which validators know
        if classes := _classes(given):
            kept["class"] = " ".join(classes)
        tag = "mrow" if tag == "menclose" else tag
        pairs = "".join(f' {name}="{value}"' for name, value in kept.items())
        self.output.append(f"<{tag}{pairs}>")
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        tag = "mrow" if tag == "menclose" else tag
        if not self.open or self.open.pop() != tag:
            raise NotConverted
        self.output.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self.open:
            raise NotConverted
        self.output.append(escape(data, quote=False))


def _classes(attributes: dict[str, str]) -> list[str]:
    """Return the classes that stand for an element's style and notation."""
    declarations = "".join(attributes.get("style", "").split()).split(";")
    found = {_CLASSES[each]: None for each in declarations if each in _CLASSES}
    if attributes.get("notation") == "box":
        found["m-box"] = None
    return list(found)
