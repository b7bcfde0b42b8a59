"""Imported comments form correct trees, whatever the file says about their parents."""

import time
import weakref
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra.django import TestCase

from blog.models import Essay
from comments.checking import problems
from comments.models import Comment, Discussion
from tests.transfer.exports import comment, export, import_text, item
from transfer import threads
from transfer.wordpress import discussion, spool, wxr

pytestmark = pytest.mark.django_db


def shape() -> list[tuple[int, str]]:
    rows = Comment.objects.order_by("tree_id", "lft").values_list("level", "wording__text")
    return [(level, text.removeprefix("Words ")) for level, text in rows]


def test_a_parent_can_follow_its_reply_in_the_file(tmp_path: Path) -> None:
    import_text(tmp_path, export(item(1, comment(3, to=2), comment(2, to=1), comment(1))))
    assert shape() == [(0, "1"), (1, "2"), (2, "3")]


def test_siblings_are_sorted_by_time_not_by_number(tmp_path: Path) -> None:
    early, late = "2020-01-01 10:00:00", "2020-01-01 11:00:00"
    import_text(
        tmp_path,
        export(
            item(
                1,
                comment(5, date_gmt=late),
                comment(1, to=5, date_gmt=late),
                comment(9, to=5, date_gmt=early),
                comment(7, date_gmt=early),
            )
        ),
    )
    assert shape() == [(0, "7"), (0, "5"), (1, "9"), (1, "1")]


def test_a_reply_to_a_missing_comment_becomes_a_root_and_is_listed(tmp_path: Path) -> None:
    report = import_text(tmp_path, export(item(1, comment(1, to=99), comment(2, to=1))))
    assert shape() == [(0, "1"), (1, "2")]
    assert "  1 reply to a comment missing from the file starts its own thread" in report.splitlines()
    assert "    #1" in report.splitlines()


def test_each_loop_is_broken_once_and_nothing_is_lost(tmp_path: Path) -> None:
    answers = {1: 3, 2: 1, 3: 2, 4: 4, 5: 2, 6: 7, 7: 6, 8: 0}
    report = import_text(tmp_path, export(item(1, *(comment(n, to=to) for n, to in answers.items()))))
    assert shape() == [(0, "1"), (1, "2"), (2, "3"), (2, "5"), (0, "4"), (0, "6"), (1, "7"), (0, "8")]
    assert "  3 loops of comments that reply to each other were broken" in report.splitlines()
    assert list(problems()) == []


def test_a_reply_to_a_pingback_moves_up_to_its_parent(tmp_path: Path) -> None:
    report = import_text(
        tmp_path,
        export(
            item(
                1,
                comment(1),
                comment(2, to=1, type="pingback"),
                comment(3, to=2),
                comment(4, type="trackback"),
                comment(5, to=4),
            )
        ),
    )
    assert shape() == [(0, "1"), (1, "3"), (0, "5")]
    assert "  2 replies to a comment that was not imported moved up one level" in report.splitlines()


def test_replies_to_an_editorial_note_are_never_published(tmp_path: Path) -> None:
    report = import_text(
        tmp_path,
        export(
            item(
                1,
                comment(1, type="note"),
                comment(2, to=1),
                comment(3, to=2, type="comment"),
                comment(4, to=4, type="note"),
                comment(5),
            )
        ),
    )
    assert shape() == [(0, "5")]
    assert "  4 editorial notes" in report.splitlines()


@pytest.mark.parametrize("kind", ["pingback", "trackback", "note", "order_note", "webmention", "action_log"])
def test_only_comments_are_imported(tmp_path: Path, kind: str) -> None:
    import_text(tmp_path, export(item(1, comment(1, type=kind))))
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    ("approved", "status"),
    [
        ("1", "approved"),
        ("0", "pending"),
        ("spam", "spam"),
        ("trash", "trash"),
        ("post-trashed", "trash"),
        ("", "pending"),
        ("7", "pending"),
    ],
)
def test_statuses_are_kept(tmp_path: Path, approved: str, status: str) -> None:
    import_text(tmp_path, export(item(1, comment(1, approved=approved))))
    assert Comment.objects.get().status == status


def test_replies_to_a_hidden_comment_appear_under_a_tombstone(tmp_path: Path, client: Client) -> None:
    import_text(
        tmp_path,
        export(
            item(
                1,
                comment(1, "Waits", approved="0"),
                comment(2, "Under the waiting", to=1),
                comment(3, "Spam", approved="spam"),
                comment(4, "Under spam", to=3),
                comment(5, "Alone", approved="0"),
            )
        ),
    )
    page = client.get(Essay.objects.get().get_absolute_url()).content.decode()
    assert "Under the waiting" in page
    assert "Under spam" in page
    for hidden in ("Waits", ">Spam", "Alone"):
        assert hidden not in page
    assert (Discussion.objects.get().comment_count, Discussion.objects.get().threads) == (2, 2)
    assert list(problems()) == []


def test_a_thread_can_be_as_deep_as_it_is_long(tmp_path: Path) -> None:
    import_text(tmp_path, export(item(1, *(comment(n, to=n - 1) for n in range(1, 1001)))))
    deepest = Comment.objects.order_by("-level").first()
    assert deepest is not None
    assert deepest.level == 999
    assert list(problems()) == []


def test_a_long_discussion_needs_few_queries(tmp_path: Path, django_assert_max_num_queries: Any) -> None:
    comments = [comment(n, to=n // 2 if n % 3 else 0, author=f"Guest {n}") for n in range(1, 301)]
    with django_assert_max_num_queries(250):
        import_text(tmp_path, export(item(1, *comments)))
    assert Comment.objects.count() == 300


def test_only_one_batch_of_comments_is_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "BATCH", 20)
    alive: dict[int, Any] = {}
    most: list[int] = []

    class Counted(threads.SourceComment):
        def __init__(self, *args: Any, **fields: Any) -> None:
            super().__init__(*args, **fields)
            key = id(self)
            alive[key] = weakref.ref(self, lambda _gone: alive.pop(key))
            most.append(len(alive))

    monkeypatch.setattr(discussion, "SourceComment", Counted)
    for number, count in enumerate((60, 240), 1):
        said = [comment(n, to=n // 2 if n % 3 else 0, author=f"Guest {n}") for n in range(1, count + 1)]
        import_text(tmp_path, export(item(number, *said)))
        assert len(most) == count
        assert max(most) <= 2 * threads.BATCH
        most.clear()


def test_the_texts_of_an_items_comments_are_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "MAX_IN_MEMORY", 100)
    file = tmp_path / "export.xml"
    file.write_text(export(item(1, *(comment(n, f"Wörds {n}") for n in range(1, 101)))))
    (record,) = (record for record in wxr.records(file, wxr.Channel()) if record.name == "item")
    assert not any(part.name == "wp:comment" for part in record.inside)
    assert record.comments is not None
    assert [said["wp:comment_content"] for said in record.comments] == [f"Wörds {n}" for n in range(1, 101)]
    assert record.comments.file.name  # a real one


STATUSES = ("1", "1", "0", "spam", "trash")
KINDS = ("comment", "comment", "comment", "pingback", "note")


class AnyFile(TestCase):
    @settings(max_examples=settings().max_examples * 2 // 5)
    @given(
        some.lists(
            some.tuples(some.integers(0, 15), some.sampled_from(STATUSES), some.sampled_from(KINDS)),
            min_size=1,
            max_size=14,
        ),
        some.integers(0, 14),
    )
    def test_every_tree_is_correct_for_any_parents(self, rows: list[tuple[int, str, str]], cut: int) -> None:
        """Also when the file comes in two parts, the second with all of the first."""
        said = [comment(n, to=to, approved=status, type=kind) for n, (to, status, kind) in enumerate(rows, 1)]
        with TemporaryDirectory() as folder:
            import_text(Path(folder), export(item(1, *said[:cut])))
            import_text(Path(folder), export(item(1, *said)))
            report = import_text(Path(folder), export(item(1, *said)))
        assert report.startswith("Nothing new in export.xml.")
        assert list(problems()) == []
        kept = [text for _, text in shape()]
        assert len(kept) == len(set(kept))
        brought = {str(n) for n, (_, _, kind) in enumerate(rows, 1) if kind == "comment"}
        assert set(kept) <= brought
        if not any(kind == "note" for _, _, kind in rows):
            assert set(kept) == brought


@pytest.mark.parametrize(
    ("parents", "cut"),
    [
        ({}, []),
        ({"1": "", "2": "1"}, []),
        ({"1": "1"}, ["1"]),
        ({"1": "2", "2": "3", "3": "1", "4": "1"}, ["1"]),
        ({"10": "9", "9": "10", "8": "9"}, ["9"]),
    ],
)
def test_a_loop_is_reported_by_its_oldest_comment(parents: dict[str, str], cut: list[str]) -> None:
    names = list(parents)
    numbers = [names.index(parent) if parent else threads.NONE for parent in parents.values()]
    assert [names[number] for number in threads.find_loops(numbers, names)] == cut


def test_loops_are_found_quickly() -> None:
    start = time.process_time()
    parents = [(n + 1) % 50_000 for n in range(50_000)]
    assert len(threads.find_loops(parents, [str(n) for n in range(50_000)])) == 1
    assert time.process_time() - start < 1
