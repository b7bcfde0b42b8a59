"""What import-linter cannot see: lower packages that reach higher ones by relation, URL name, path or template tag."""

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

from tests.test_layers import APPS, LOWEST, ROOT

pytestmark = pytest.mark.once

LEVELS = dict.fromkeys(LOWEST, 0) | {app: level for level, app in enumerate(APPS, 1)}
LOOKUPS = {
    "Count", "Exists", "F", "OuterRef", "Prefetch", "Q", "Sum", "aggregate", "alias", "annotate", "defer", "exclude",
    "filter", "get", "get_field", "getattr", "hasattr", "only", "order_by", "prefetch_related", "select_related",
    "values", "values_list",
}  # fmt: skip
QUERIES = {
    "all", "aggregate", "annotate", "count", "create", "exclude", "exists", "filter", "first", "get", "last", "latest",
    "order_by", "select_related", "update", "values", "values_list",
}  # fmt: skip
REVERSING = {"reverse", "redirect", "reverse_lazy", "_build_url"}
QUEUE = re.compile(r"/admin/comments/queue|/accounts/queue-mail")
FOLDERS = {
    "account": "accounts", "blog": "blog", "comments": "comments", "mail": "comments", "mfa": "accounts",
    "moderation": "moderation", "socialaccount": "accounts", "transfer": "transfer", "usersessions": "accounts",
}  # fmt: skip


def reverse_relations() -> dict[str, set[tuple[int, int]]]:
    """Return the names by which a model reaches tables of higher apps, with the levels of both."""
    names_: dict[str, set[tuple[int, int]]] = {}
    for model in apps.get_models():
        below = LEVELS.get(model._meta.app_label)
        for relation in model._meta.related_objects:
            level_above = LEVELS.get(relation.related_model._meta.app_label)
            if below is not None and level_above is not None and level_above > below:
                for name in {relation.get_accessor_name(), relation.name} - {None}:
                    names_.setdefault(str(name), set()).add((below, level_above))
    return names_


def names_of(node: ast.AST, parent: ast.AST | None) -> Iterator[str]:
    """Return the names of relations in a lookup, such as `comments` in `Count("comments")` and `row.comments.all()`."""
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in LOOKUPS:
            texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            for text in [*texts, *(keyword.arg or "" for keyword in node.keywords)]:
                yield from text.lstrip("-").split("__")
    elif isinstance(node, ast.Attribute) and isinstance(parent, ast.Attribute) and parent.attr in QUERIES:
        yield node.attr


@cache
def sources() -> list[tuple[Path, ast.Module]]:
    packages = LEVELS.keys() - {"config"}  # settings and urls compose the packages
    files = [file for package in packages for file in (ROOT / package).rglob("*.py") if "migrations" not in file.parts]
    return [(file.relative_to(ROOT), ast.parse(file.read_text())) for file in files]


def views() -> dict[str, int]:
    """Return the level of the app that handles each URL name."""
    names_: dict[str, int] = {}

    def walk(patterns: list[URLPattern | URLResolver]) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns)
            elif pattern.name:
                level = LEVELS.get(inspect.unwrap(pattern.callback).__module__.split(".")[0])
                if level is not None:
                    names_[pattern.name] = level

    walk(get_resolver().url_patterns)
    return names_


def relations_upwards() -> Iterator[str]:
    relations = reverse_relations()
    for file, tree in sources():
        level = LEVELS[file.parts[0]]
        fields = {
            field.name
            for model in apps.get_models()
            if LEVELS.get(model._meta.app_label, 99) <= level
            for field in model._meta.fields
        }
        parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(tree):
            for name in set(names_of(node, parents.get(node))) - fields:
                if any(below <= level < level_above for below, level_above in relations.get(name, ())):
                    yield f"{file}: {name}"


def test_no_package_queries_a_higher_one_by_reverse_relation() -> None:
    assert list(relations_upwards()) == []


def urls_upwards() -> Iterator[str]:
    levels = views()
    for file, tree in sources():
        level = LEVELS[file.parts[0]]
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in REVERSING:
                names = [str(arg.value) for arg in node.args[:1] if isinstance(arg, ast.Constant)]
                yield from (f"{file}: {name}" for name in names if levels.get(name, 0) > level)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and level < LEVELS["moderation"]:
                yield from (f"{file}: {path}" for path in QUEUE.findall(node.value))


def test_no_package_names_an_address_of_a_higher_one() -> None:
    assert list(urls_upwards()) == []


def test_partials_use_only_what_is_below_them() -> None:
    levels = views()
    tags = {file.stem: LEVELS[file.relative_to(ROOT).parts[0]] for file in ROOT.glob("*/templatetags/*.py")}
    names_ = []
    for file in (ROOT / "templates").rglob("*"):
        folder = file.relative_to(ROOT / "templates").parts[0]
        if not file.is_file() or folder not in FOLDERS or not (file.name.startswith("_") or folder == "mail"):
            continue
        text, level = file.read_text(), LEVELS[FOLDERS[folder]]
        named = [levels.get(name, 0) for name in re.findall(r'{% url "([\w-]+)"', text)]
        named += [tags.get(name, 0) for line in re.findall(r"{% load ([\w ]+) %}", text) for name in line.split()]
        parts = re.findall(r'{% (?:include|extends) "([\w-]+)/', text)
        named += [LEVELS[FOLDERS[name]] for name in parts if name in FOLDERS]
        if max(named, default=0) > level:
            names_.append(str(file.relative_to(ROOT)))
    assert names_ == []
