"""The documentation is complete: its links work, and it names every variable, command, setting and script."""

import re
from itertools import chain
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from comments.management.commands.rules import FIELDS

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def code_in_tables(page: str) -> set[str]:
    """Return what is formatted as code in the first cells of a page's tables."""
    rows = re.findall(r"^\| (`[^|]*) \|", (DOCS / page).read_text(), re.MULTILINE)
    return set(chain.from_iterable(re.findall(r"`([^`]+)`", row) for row in rows))


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for found in LINK.findall(CODE.sub("", page.read_text())):
        link = "".join(found)
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), link
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_linked() -> None:
    linked = set()
    for page in PAGES:
        links = ("".join(target).partition("#")[0] for target in LINK.findall(page.read_text()))
        linked |= {(page.parent / link).resolve() for link in links if link and ":" not in link}
    pages_of_docs = {path for path in DOCS.rglob("*") if path.suffix in {".md", ".png"}}
    assert pages_of_docs <= linked


def test_every_environment_variable_is_documented() -> None:
    source = (ROOT / "config/settings.py").read_text()
    read = set(re.findall(r"environment\.\w+\(\s*\"([A-Z][A-Z0-9_]+)\"", source))
    read |= {name for provider in settings.KNOWN_PROVIDERS for name in provider.names} | {"OIDC_SERVERS"}
    assert len(read) > 40
    assert read == code_in_tables("configure.md") - FIELDS.keys()


def test_every_comment_setting_is_documented_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (\S+) \|", (DOCS / "configure.md").read_text(), re.MULTILINE))
    defaults = {
        name: "true" if field.default is True else "false" if field.default is False else str(field.get_default())
        for name, field in FIELDS.items()
    }
    assert {name: default.strip("`").replace("empty", "") for name, default in rows.items()} == defaults


def test_every_command_is_documented() -> None:
    commands = {name for name, app in get_commands().items() if (ROOT / app.replace(".", "/")).is_dir()}
    assert len(commands) > 10
    assert commands == {row.split()[0] for row in code_in_tables("commands.md") if not row.startswith("bin/")}


def test_every_script_is_documented() -> None:
    scripts = {f"bin/{path.name}" for path in (ROOT / "bin").iterdir()}
    assert scripts == {row for row in code_in_tables("commands.md") if row.startswith("bin/")}
