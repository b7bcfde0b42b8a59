"""A Markdown export of a site of ours is imported as the same site, and a second run changes nothing."""

import io
import re
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from PIL import Image as Pillow

from accounts.models import Commenter, User
from blog.images import uploads
from blog.models import Authorship, Essay, Image, Redirect, Series, Tag
from comments.checking import problems
from comments.models import Comment, Discussion, Status
from comments.transitions import transition
from tests import make
from tests.blog.essay_forms import long_essay
from tests.transfer.exports import imported_rows
from transfer import pictures
from transfer.markdown import export as markdown_export

pytestmark = [pytest.mark.django_db, pytest.mark.once]

COLUMNS = (
    "kind", "title", "slug", "deck", "excerpt", "published", "dated", "created", "changed", "updated", "update_note",
    "language", "canonical", "is_pinned", "is_in_menu", "menu_order", "series__title", "series_position", "word_count",
    "translation_of__slug", "cover__alt",
)  # fmt: skip


@pytest.fixture(autouse=True)
def no_picture_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "schedule_fetch", lambda: None)


def run(file: Path, *options: str) -> str:
    out = io.StringIO()
    call_command("import", "markdown", file, *options, stdout=out)
    return out.getvalue()


def fill_site() -> None:
    """Create a site with everything that the export contains."""
    miriam, ben = make.author("miriam", name="Miriam Achterberg"), make.author("ben", name="Ben Oak")
    png = io.BytesIO()
    Pillow.new("RGB", (4, 3), "red").save(png, "PNG")
    image = uploads.store(png.getvalue(), alt="A red square")
    series = Series.objects.create(title="On Promises", slug="promises", description="Three essays")
    tag = Tag.objects.create(name="Ethics & law", slug="ethics", description="About right")
    Redirect.objects.create(old_path="/tag/morals/", tag=tag)
    link = f'<p><a href="{image.file.url}"><img src="{image.file.url}" alt="Red"></a></p>'
    long = make.essay(
        "Long & <odd>", by=miriam, body=long_essay() + link, deck="A deck", excerpt="Short & good", slug="Odd-One",
        series=series, series_position=2, canonical="https://first.example/x", cover=image, is_pinned=True,
        updated=datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC), update_note="Two names",
    )  # fmt: skip
    Authorship.objects.create(essay=long, author=ben, position=1)
    long.tags.add(tag)
    for path in ("/2020/01/02/once/", "/?p=77"):
        Redirect.objects.create(old_path=path, essay=long)
    make.essay("Lang & seltsam", by=miriam, language="de", translation_of=long)
    make.essay("A draft", by=ben, published=None, is_open=False)
    make.essay("About", kind="page", is_in_menu=True, menu_order=3)
    root = make.comment(long, "A *root* & <b>more</b>", by=make.guest("Tom & <3", website="https://tom.example/"))
    reply = make.comment(
        long,
        "A reply",
        to=root,
        by=Commenter.objects.create(user=miriam, name="Miriam Achterberg", email="miriam@example.org"),
    )
    transition(reply, Status.TRASH, root=root, removed_by="author", notify=False)
    reply.refresh_from_db()
    make.comment(long, "Below", to=reply)
    make.comment(long, "Wait", status="pending")
    Comment.objects.filter(pk=root.pk).update(edited=root.created + timedelta(seconds=9))


def content() -> dict[str, Any]:
    """Return what readers and moderators see, without primary keys and the names of files."""
    comments = Comment.objects.order_by("essay__slug", "tree_id", "lft").values_list(
        "essay__slug", "level", "status", "removed_by", "created", "edited", "commenter__name", "commenter__email",
        "commenter__website", "commenter__user__username", "wording__text", "wording__html", "wording__format",
    )  # fmt: skip
    media = re.compile(r'/media/[\w/.-]+|(?<=>)\s+(?=<)| rel="noopener"')
    bodies = map(markdown_export.normalize, Essay.objects.order_by("slug").values_list("body", flat=True))
    return {
        "essays": list(Essay.objects.order_by("slug").values_list(*COLUMNS)),
        "bodies": [media.sub("", body) for body in bodies],
        "authors": list(Authorship.objects.order_by("essay__slug", "position").values_list("author__username", "author__name")),
        "tags": list(Tag.objects.values_list("name", "slug", "description", "essays__slug", "redirects__old_path")),
        "series": list(Series.objects.values_list("title", "slug", "description")),
        "redirects": set(Redirect.objects.exclude(essay=None).values_list("old_path", "essay__slug")),
        "closed": list(Discussion.objects.filter(is_open=False).values_list("essay__slug", flat=True)),
        "counts": list(Discussion.objects.order_by("essay__slug").exclude(comment_count=0).values_list("comment_count", "threads")),
        "pictures": list(Image.objects.values_list("alt", "width", "height")),
        "comments": list(comments),
    }  # fmt: skip


def rows() -> dict[str, Any]:
    return imported_rows() | {"images": list(Image.objects.values()), "series": list(Series.objects.values())}


def test_our_own_export_is_imported_as_the_same_site_and_only_once(tmp_path: Path, client: Client) -> None:
    fill_site()
    before, kept = content(), rows()
    call_command("export", "markdown", tmp_path / "all.zip", verbosity=0)
    report = run(tmp_path / "all.zip")
    assert report.startswith("Nothing new in all.zip.")
    assert rows() == kept
    Comment.objects.update(wording=None)
    for table in (Discussion, Comment, Essay, Tag, Series, Image):
        table.objects.all().delete()
    User.objects.all().delete()
    report = run(tmp_path / "all.zip", "--dry-run")
    assert "  2 essays, published\n  1 essay, draft" in report
    assert "  1 picture would be imported" in report
    assert not Essay.objects.exists()
    run(tmp_path / "all.zip")
    after = content()
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
    assert "Already here, left unchanged:\n  3 essays\n  1 page\n  4 comments" in run(tmp_path / "all.zip")
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
