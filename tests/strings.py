"""Every string that people see, read from the source: templates, Python, command help and output, log messages."""

import ast
import re
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
PLAIN = {"gettext", "ngettext", "pgettext", "npgettext"}
TRANSLATING = PLAIN | {f"{name}_lazy" for name in PLAIN} | {"gettext_noop"}
OUTPUT_FUNCTIONS = {"CommandError", "ImproperlyConfigured", "Unreadable", "Broken", "stop", "remark", "omit"}
"""Functions and exceptions whose first text an operator reads."""
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}

_TEXT = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_CALL = re.compile(rf"(?<!\w)(?P<name>_|n?p?gettext)\((?P<texts>{_TEXT}(?:, {_TEXT})*)", re.DOTALL)


class Kind(StrEnum):
    TEMPLATE = "template"
    PYTHON = "Python"
    HELP = "help of a command"
    OUTPUT = "output of a command"
    LOG = "log line"


@dataclass(frozen=True)
class String:
    file: Path
    line: int
    kind: Kind
    text: str
    plural: str = ""

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def texts(self) -> list[str]:
        return [text for text in (self.text, self.plural) if text]


def visible_strings(root: Path = ROOT) -> list[String]:
    """Return the strings of all apps and templates, ordered by file and line."""
    strings_: list[String] = []
    for files, read in ((python_files(root), in_python), (template_files(root), in_template)):
        for file in files:
            strings_ += read(file.relative_to(root), file.read_text(encoding="utf-8"))
    return sorted(strings_, key=lambda each: (each.file, each.line))


def python_files(root: Path = ROOT) -> list[Path]:
    """Return the production code: all packages but the tests, without migrations."""
    packages = [folder.parent for folder in root.glob("*/__init__.py") if folder.parent.name != "tests"]
    files = [file for package in packages for file in package.rglob("*.py")]
    return sorted(file for file in files if "migrations" not in file.relative_to(root).parts)


def template_files(root: Path = ROOT) -> list[Path]:
    folders = [root / "templates", *(file.parent / "templates" for file in python_files(root))]
    strings_ = {file for folder in folders if folder.is_dir() for file in folder.rglob("*") if file.is_file()}
    return sorted(file for file in strings_ if file.suffix in {".html", ".txt", ".xml"})


def in_template(file: Path, source: str) -> Iterator[String]:
    code = templatize(source)
    for call in _CALL.finditer(code):
        texts = [ast.literal_eval(text).replace("%%", "%") for text in re.findall(_TEXT, call["texts"], re.DOTALL)]
        text, plural = [*texts[call["name"].startswith(("p", "np")) :], ""][:2]
        if is_read(text):
            yield String(file, code.count("\n", 0, call.start()) + 1, Kind.TEMPLATE, text, plural)


def in_python(file: Path, source: str) -> Iterator[String]:
    tree = ast.parse(source)
    is_command = "commands" in file.parts
    names = translating_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = name_of(node.func)
            if name in names:
                yield from translated(file, node, names[name])
                continue
            if kind := kind_of(node, name):
                yield from whole(file, kind, node.args[:1])
            if is_command:
                described = [each.value for each in node.keywords if each.arg in {"help", "description", "epilog"}]
                yield from whole(file, Kind.HELP, described)
        elif is_command and isinstance(node, ast.Assign) and "help" in map(name_of, node.targets):
            yield from whole(file, Kind.HELP, [node.value])


def translating_names(tree: ast.AST) -> dict[str, str]:
    """Return the names by which a module calls Django's functions, each with the function's own name."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    aliases = [alias for node in imports if node.module == "django.utils.translation" for alias in node.names]
    return {name: name for name in TRANSLATING} | {
        alias.asname: alias.name for alias in aliases if alias.asname and alias.name in TRANSLATING
    }


def translated(file: Path, call: ast.Call, function: str) -> Iterator[String]:
    """Yield the text of a call, or several where a condition chooses between them."""
    arguments = call.args["pgettext" in function :]
    if function.startswith("n"):
        texts = [text for argument in arguments[:2] for text in constants(argument)]
        yield String(file, call.lineno, Kind.PYTHON, *texts[:2])
        return
    for text in constants(arguments[0]) if arguments else []:
        if is_read(text):
            yield String(file, call.lineno, Kind.PYTHON, text)


def whole(file: Path, kind: Kind, nodes: Iterable[ast.expr]) -> Iterator[String]:
    for node in nodes:
        if is_read(text := text_of(node)):
            yield String(file, node.lineno, kind, text)


def kind_of(call: ast.Call, name: str) -> Kind | None:
    receiver = name_of(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    if name in LEVELS and receiver == "logger":
        return Kind.LOG
    return Kind.OUTPUT if name in OUTPUT_FUNCTIONS or (name == "write" and receiver in {"stdout", "stderr"}) else None


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def constants(node: ast.expr) -> list[str]:
    return [each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)]


def text_of(node: ast.expr) -> str:
    """Return a text with the code of an f-string in braces; nothing for other expressions."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(map(text_of, node.values))
    if isinstance(node, ast.FormattedValue):
        return f"{{{ast.unparse(node.value)}}}"
    if isinstance(node, ast.IfExp):
        return " / ".join(filter(None, (text_of(node.body), text_of(node.orelse))))
    return ""


def is_read(text: str) -> bool:
    """Return whether it contains a word, apart from placeholders."""
    return any(character in string.ascii_letters for character in re.sub(r"%\(\w+\)[sd]|%[srd]|\{[^{}]*\}", "", text))
