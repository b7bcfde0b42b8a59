"""Imports run in one direction: accounts ← blog ← comments ← moderation ← transfer, all above server and pagecache."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOWEST = ("config", "server", "pagecache", "imaging")
APPS = ("search", "accounts", "blog", "comments", "moderation", "transfer", "demo")  # each may import those before it
PACKAGES = (*LOWEST, *APPS)
COMPOSING_FILES = {Path("config/urls.py"), Path("config/wsgi.py")}  # where the apps meet


def may_import(file: Path, package: str) -> bool:
    app = file.parts[0]
    if package == app or file in COMPOSING_FILES:
        return True
    if "config" in {app, package}:
        return False  # settings are imported from django.conf, and name our modules as strings
    return package in LOWEST or (app in APPS and APPS.index(package) < APPS.index(app))


def imported_packages(source: str) -> Iterator[str]:
    """Yield the packages that this source imports, inside functions too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules = [node.module or ""]
        elif isinstance(node, ast.Call) and _name(node.func) in {"import_module", "import_string", "__import__"}:
            modules = [str(text.value) for text in node.args[:1] if isinstance(text, ast.Constant)]
        else:
            continue
        yield from {module.split(".")[0] for module in modules} & {*PACKAGES, "tests"}


def violations(file: Path, source: str) -> list[str]:
    return [
        f"{file} imports {package}"
        for package in imported_packages(source)
        if package == "tests" or not may_import(file, package)
    ]


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def our_files() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (file.relative_to(ROOT) for file in (ROOT / package).rglob("*.py"))


def test_imports_run_in_one_direction() -> None:
    files = list(our_files())
    assert {file.parts[0] for file in files} >= set(APPS)
    assert [line for file in files for line in violations(file, (ROOT / file).read_text())] == []


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("accounts/models.py", "from blog.models import Essay"),
        ("accounts/models.py", "def f():\n    import comments.posting.actions"),
        ("blog/views.py", "from comments import thread"),
        ("comments/posting/actions.py", "import moderation.models as m"),
        ("moderation/queue/views.py", "from transfer.wordpress import read"),
        ("pagecache/cache.py", "from blog.models import Essay"),
        ("server/http/gateway.py", "if True:\n    from accounts import models"),
        ("search/models.py", "from importlib import import_module\nimport_module('comments.models')"),
        ("config/settings.py", "from blog.models import Site"),
        ("blog/views.py", "from config import settings"),
        ("blog/views.py", "from tests.make import essay"),
    ],
)
def test_a_wrong_import_is_found(file: str, source: str) -> None:
    assert violations(Path(file), source)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("comments/posting/actions.py", "import pagecache\nfrom accounts.models import User\nfrom blog import markup"),
        ("blog/views.py", "from django.conf import settings\nfrom .models import Essay\nfrom . import feeds"),
        ("config/urls.py", "from comments.urls import urlpatterns"),
        ("pagecache/wsgi.py", "from server.http.proxies import address"),
        ("transfer/wordpress.py", "from moderation import actions"),
    ],
)
def test_an_allowed_import_passes(file: str, source: str) -> None:
    assert violations(Path(file), source) == []
