"""An import commits in turns: readers post in between, and one that was stopped is continued by the next."""

import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from blog.models import Essay
from comments.checking import problems
from comments.models import Comment, TreeNumber
from server import bulk
from tests import make
from tests.transfer import rich_site
from tests.transfer.exports import comment, export, import_file, imported_rows, item
from transfer import importing, pictures, threads
from transfer.markdown.essays import EssayImporter
from transfer.report import Unreadable

if TYPE_CHECKING:
    from tests.services.site import Installation

pytestmark = [pytest.mark.once, pytest.mark.both]


class Stopped(Exception):
    """The process was stopped."""


@pytest.fixture(autouse=True)
def short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MAX_SECONDS", 0)
    monkeypatch.setattr(threads, "BATCH", 2)
    monkeypatch.setattr(pictures, "schedule_fetch", lambda: None)


def stop_after(turns: int, monkeypatch: pytest.MonkeyPatch, run: Callable[[], Any]) -> None:
    """Stop an import before a transaction of its own, once."""
    begun: Iterator[int] = iter(range(turns))

    def begin() -> None:
        if next(begun, None) is None:
            raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(importing, "lift_timeouts", begin)
        with pytest.raises(Stopped):
            run()


@pytest.mark.django_db
@pytest.mark.parametrize("turns", [3, 5, 7])
def test_an_import_from_wordpress_that_was_stopped_is_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    replies = [comment(n, to=to) for n, to in [(1, 0), (2, 1), (3, 0), (4, 2), (5, 3), (6, 0), (7, 6), (8, 0)]]
    file = tmp_path / "export.xml"
    file.write_text(export(item(1, *replies[:2]), item(2, *replies), item(3)))
    stop_after(turns, monkeypatch, lambda: import_file(file))
    assert Essay.objects.count() < 3 or Comment.objects.count() < 10
    assert list(problems()) == []
    import_file(file)
    assert (Essay.objects.count(), Comment.objects.count(), TreeNumber.objects.count()) == (3, 10, 5)
    rows = Comment.objects.filter(essay__slug="post-2").order_by("tree_id", "lft")
    assert [row.level for row in rows] == [0, 1, 2, 0, 1, 0, 1, 0]
    assert list(problems()) == []
    before = imported_rows()
    assert import_file(file).startswith("Nothing new")
    assert imported_rows() == before


@pytest.mark.django_db
@pytest.mark.parametrize("turns", [1, 3, 6])
def test_an_import_from_markdown_that_was_stopped_is_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    rich_site.fill()
    make.comment(Essay.objects.get(slug="lang-seltsam"))
    before, file = rich_site.content(), tmp_path / "all.zip"
    call_command("export", "markdown", file, verbosity=0)
    rich_site.empty()
    stop_after(turns, monkeypatch, lambda: call_command("import", "markdown", file))
    call_command("import", "markdown", file, verbosity=0)
    after = rich_site.content()
    for name, value in before.items():
        assert after[name] == value, name
    assert list(problems()) == []


@pytest.mark.django_db
def test_links_between_texts_are_made_by_the_next_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "_posts").mkdir()
    (tmp_path / "_config.yml").write_text("title: x\n")
    for day, other in ((1, 2), (2, 1)):
        text = f"---\ntitle: Post {day}\n---\n[other](2020-01-0{other}-post.md)\n"
        (tmp_path / f"_posts/2020-01-0{day}-post.md").write_text(text)
    stop_after(2, monkeypatch, lambda: call_command("import", "markdown", tmp_path))
    assert Essay.objects.count() == 2
    call_command("import", "markdown", tmp_path, verbosity=0)
    first, second = Essay.objects.order_by("published")
    assert f'href="{second.get_absolute_url()}"' in first.body
    assert f'href="{first.get_absolute_url()}"' in second.body


@pytest.mark.django_db
def test_a_file_whose_second_half_is_refused_is_not_said_to_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as packed:
        for name in "ab":
            packed.writestr(f"{name}.md", f"---\ntitle: {name}\n---\n\nText\n")
        packed.writestr("site.json", '{"format": "rejoinder", "version": 1, "url": "https://old.example"}')
        packed.writestr("comments.json", "[]\n")
    create = EssayImporter.create_essay

    def refuse(self: EssayImporter, post: Any, source: str) -> Essay:
        if Essay.objects.exists():
            raise Unreadable("b.md is too long")
        return create(self, post, source)

    monkeypatch.setattr(EssayImporter, "create_essay", refuse)
    with pytest.raises(CommandError, match=r"too long\. A part was imported; the next import adds the rest\.$"):
        call_command("import", "markdown", tmp_path / "all.zip")
    assert Essay.objects.count() == 1


def test_a_reply_is_posted_during_an_import(
    connected_installation: "Installation", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a connection of its own, which waits for SQLite's lock as another process does."""
    statuses: list[str] = []
    file = tmp_path / "export.xml"
    file.write_text(export(item(1, *map(comment, range(1, 9))), item(2, comment(9))))

    def post() -> None:
        with connected_installation.connected():
            if essay := Essay.objects.first():
                statuses.append(make.comment(essay).status)

    def between() -> None:
        reader = threading.Thread(target=post)
        reader.start()
        reader.join()

    monkeypatch.setattr(importing, "let_others_write", between)
    import_file(file)
    assert len(statuses) > 4
    assert set(statuses) == {"approved"}
    assert Comment.objects.count() == 9 + len(statuses)
    assert list(problems()) == []


def test_a_reply_is_posted_during_a_dry_run(
    connected_installation: "Installation", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    essay = make.essay()
    file, statuses = tmp_path / "export.xml", list[str]()
    file.write_text(export(item(1, comment(1)), item(2)))
    check_foreign_keys = bulk.check_foreign_keys

    def post() -> None:
        with connected_installation.connected():
            statuses.append(make.comment(essay).status)

    def between() -> None:
        check_foreign_keys()
        reader = threading.Thread(target=post)
        reader.start()
        reader.join()

    monkeypatch.setattr(bulk, "check_foreign_keys", between)
    assert "2 essays" in import_file(file, "--dry-run")
    assert len(statuses) > 1
    assert set(statuses) == {"approved"}
    assert (Essay.objects.count(), Comment.objects.count()) == (1, len(statuses))
    assert not list(Path(settings.DATA_DIR).glob(".dry-run-*"))


@pytest.mark.django_db
def test_a_large_import_lets_the_database_look_at_its_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "export.xml"
    file.write_text(export(item(1, comment(1), comment(2))))
    with connection.cursor() as cursor:  # creates the table, which is empty without rows
        cursor.execute("ANALYZE blog_site")
    monkeypatch.setattr(importing, "MANY", 3)
    import_file(file)
    known = {
        "postgresql": "SELECT count(*) FROM pg_stats WHERE tablename = 'comments_comment'",
        "sqlite": "SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'comments_comment'",
    }
    with connection.cursor() as cursor:
        cursor.execute(known[connection.vendor])
        assert cursor.fetchone()[0] > 0
        if connection.vendor == "sqlite":  # kept by the connection, which reads them when it is opened
            cursor.execute("DELETE FROM sqlite_stat1")
