"""Joins the modules that a page loads at once into one file, its entry module, without a build step or Node.

Only the forms of `import` and `export` that our own scripts use are supported; anything else raises ValueError when
static files are collected. Modules loaded later by `import()` stay files of their own.
"""

import posixpath
import re
from collections.abc import Callable, Iterable

STATIC_IMPORT = re.compile(r'^import (?:\{ (?P<names>\w+(?:, \w+)*) \} from )?"(?P<path>\.[^"]+)";$', re.MULTILINE)
DYNAMIC_IMPORT = re.compile(r'\bimport\("(?P<path>\.[^"]+)"\)')
EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|const|let|class) (?P<name>\w+))", re.MULTILINE)
UNSUPPORTED = re.compile(r"^(?:import|export)\b(?!\().*$", re.MULTILINE)


def resolve(script: str, path: str) -> str:
    """Return the name of the script that another one imports by a relative path."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(script), path))


def modules_of(entry: str, read: Callable[[str], str]) -> list[str]:
    """Return an entry and all that it imports statically, each after its own imports, as a browser runs them."""
    ordered: list[str] = []
    visited = set()

    def visit(script: str) -> None:
        if script not in visited:
            visited.add(script)
            for found in STATIC_IMPORT.finditer(read(script)):
                visit(resolve(script, found["path"]))
            ordered.append(script)

    visit(entry)
    return ordered


def join(entry: str, read: Callable[[str], str]) -> str:
    """Return the source of an entry with all modules that it imports statically, each in a scope of its own.

    `read` returns the source of a script by its name, such as js/reading/essay.js.
    """
    modules = modules_of(entry, read)
    check_loaded_later(modules, read)
    return "\n".join(in_own_scope(script, modules, posixpath.dirname(entry), read(script)) for script in modules)


def in_own_scope(script: str, modules: list[str], folder: str, source: str) -> str:
    """Return a module as a function that returns its exports, in a constant that other modules read them from."""

    def import_names(found: re.Match[str]) -> str:
        name = variable(modules, resolve(script, found["path"]))
        return f"const {{ {found['names']} }} = {name};" if found["names"] else ""

    def import_later(found: re.Match[str]) -> str:
        path = posixpath.relpath(resolve(script, found["path"]), folder)
        return f'import("{path if path.startswith(".") else f"./{path}"}")'

    exports = ", ".join(found["name"] for found in EXPORT.finditer(source))
    body = EXPORT.sub("", STATIC_IMPORT.sub(import_names, DYNAMIC_IMPORT.sub(import_later, source)))
    if unknown := UNSUPPORTED.search(body):
        raise ValueError(f"{script} can't be joined: {unknown[0]}")
    return f"const {variable(modules, script)} = (() => {{\n{body}\nreturn {{ {exports} }};\n}})();"


def variable(modules: list[str], script: str) -> str:
    return f"module{modules.index(script)}"


def check_loaded_later(modules: Iterable[str], read: Callable[[str], str]) -> None:
    """Raise ValueError if a module that is loaded later imports a joined one, which would then exist twice."""
    joined = set(modules)
    later = [resolve(script, found["path"]) for script in joined for found in DYNAMIC_IMPORT.finditer(read(script))]
    for script in later:
        if doubled := joined & set(modules_of(script, read)):
            raise ValueError(f"{script} must not import {', '.join(sorted(doubled))}: pass what it needs instead.")
