"""A Markdown export of a site of ours is imported as the same site, and a second run changes nothing."""

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from blog.models import Essay, Image, Series
from comments.checking import problems
from comments.models import Comment
from tests import make
from tests.transfer import rich_site
from tests.transfer.exports import imported_rows
from transfer import pictures
from transfer.fields.front_matter import Head
from transfer.fields.post import OWN, Post

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def no_picture_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "schedule_fetch", lambda: None)


def run(file: Path, *options: str) -> str:
    out = io.StringIO()
    call_command("import", "markdown", file, *options, stdout=out)
    return out.getvalue()


def rows() -> dict[str, Any]:
    return imported_rows() | {"images": list(Image.objects.values()), "series": list(Series.objects.values())}


def test_our_own_export_is_imported_as_the_same_site_and_only_once(tmp_path: Path, client: Client) -> None:
    rich_site.fill()
    before, kept = rich_site.content(), rows()
    call_command("export", "markdown", tmp_path / "all.zip", verbosity=0)
    report = run(tmp_path / "all.zip")
    assert report.startswith("Nothing new in all.zip.")
    assert rows() == kept
    rich_site.empty()
    report = run(tmp_path / "all.zip", "--dry-run")
    assert "  2 essays, published\n  1 essay, scheduled\n  1 essay, draft" in report
    assert "  1 picture would be imported" in report
    assert not Essay.objects.exists()
    run(tmp_path / "all.zip")
    after = rich_site.content()
    for name, value in before.items():
        assert after[name] == value, name
    essay = Essay.objects.get(slug="Odd-One")
    assert essay.cover
    assert essay.body.count(f'="{essay.cover.file.url}"') == 2
    assert client.get(essay.cover.file.url).status_code == 200
    assert client.get(essay.get_absolute_url()).status_code == 200
    assert not any(user.is_active or user.has_usable_password() for user in User.objects.all())
    assert not list(problems())
    kept = rows()
    assert "Already here, left unchanged:\n  4 essays\n  1 page\n  5 comments" in run(tmp_path / "all.zip")
    assert rows() == kept


def test_a_new_comment_in_a_later_export_is_added_and_a_deleted_one_stays_deleted(tmp_path: Path) -> None:
    essay = make.essay("One")
    first = make.comment(essay, "First")
    call_command("export", "markdown", tmp_path / "one.zip", verbosity=0)
    make.comment(essay, "Second", to=first)
    call_command("export", "markdown", tmp_path / "two.zip", verbosity=0)
    Comment.objects.update(wording=None)
    Comment.objects.all().delete()
    essay.delete()
    run(tmp_path / "one.zip")
    run(tmp_path / "two.zip")
    rows = Comment.objects.order_by("lft").values_list("wording__text", "level", "rght")
    assert list(rows) == [("First", 0, 4), ("Second", 1, 3)]
    Comment.objects.filter(parent__isnull=False).update(wording=None)
    Comment.objects.get(parent__isnull=False).delete()
    assert "1 comment deleted on this site" in run(tmp_path / "two.zip")
    assert Comment.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("comments.json", b'[\n{"id": 1, "essay": "/x/"},\n{"id": 2,', "comments.json, line 3"),
        ("comments.json", b'[\n{"id": 1, "essay": "/x/"},\n', "comments.json is incomplete"),
        ("comments.json", b"[\n[[[[\n]", "comments.json, line 2"),
        ("site.json", b'{"format": "rejoinder", "version": 99}', "a later version of Rejoinder wrote this file"),
        ("site.json", b'{"format": ', "site.json is damaged"),
        ("site.json", b"[]", "site.json is not as our export writes it"),
    ],
)
def test_a_damaged_export_is_refused(tmp_path: Path, name: str, content: bytes, error: str) -> None:
    files = {"one.md": b"---\nid: 1\ntitle: One\n---\nText", "comments.json": b"[\n]\n"} | {name: content}
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as packed:
        for path, data in files.items():
            packed.writestr(path, data)
    with pytest.raises(CommandError, match=re.escape(error)) as refused:
        run(tmp_path / "all.zip")
    assert "\n" not in str(refused.value)
    assert not any(rows().values())


def test_an_excerpt_of_several_lines_stays_as_it_is() -> None:
    assert Post("a.md", OWN, Head({"description": "One\n--- two"}), "").description == "One\n--- two"
