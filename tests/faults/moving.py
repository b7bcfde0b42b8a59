"""Moves 500 passages to a new text in processes that are killed, each at another statement; run by its test."""

import itertools
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

import django

PASSAGES = 500
STATE = ("comment", "quotation", "revision", "paragraph", "words", "before", "after")
State = list[tuple[Any, ...]]


def main(kills: int) -> None:
    """Print how many processes were killed, how often the passages were in the old and the new text, and the rest."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from comments.passages.jobs import move_passages

    essay, old, new = fill()
    statements = range(run_in_child(lambda: move(essay, before=ignore)))
    restore(old)
    points = [*itertools.product(statements, (False, True))]
    found = {"killed": 0, "old": 0, "new": 0, "other": 0}
    for kill in range(kills):
        at, is_after = points[(kill * len(points)) // kills]
        kill_process = {"after" if is_after else "before": die_at(at)}
        status = run_in_child(lambda: move(essay, **({"before": ignore} | kill_process)))  # noqa: B023 – it has ended
        found["killed"] += status == -signal.SIGKILL
        state = read(essay)
        found["old" if state == old else "new" if state == new else "other"] += 1
        if state == new:
            restore(old)
    status = run_in_child(lambda: move(essay, before=die_after_commit))
    found["killed"] += status == -signal.SIGKILL
    found["committed"] = int(read(essay) == new)
    restore(old)
    for name in ("finished", "again"):
        move_passages.call(essay)
        found[name] = int(read(essay) == new)
    sys.stdout.write(json.dumps(found))


def run_in_child(work: Callable[[], int]) -> int:
    """Run something in a process of its own, with a connection of its own; return its status, or minus a signal."""
    from django.db import connections

    connections.close_all()
    if pid := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    status = 255
    try:
        status = work()
    finally:
        os._exit(status)


def ignore(_number: int) -> None:
    """Do nothing."""


def move(essay: int, before: Callable[[int], None], after: Callable[[int], None] = ignore) -> int:
    """Move the passages, with something to do before and after each statement; return how many statements it took."""
    from django.db import connection

    from comments.passages.jobs import move_passages

    count = 0

    def execute(run: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal count
        number, count = count, count + 1
        before(number)
        result = run(*arguments)
        after(number)
        return result

    with connection.execute_wrapper(execute):
        move_passages.call(essay)
    return count


def die_at(at: int) -> Callable[[int], None]:
    """Return what kills this process at the statement with a number."""
    return lambda number: die() if number == at else None


def die_after_commit(_number: int) -> None:
    """Kill this process as soon as the transaction is committed."""
    from django.db import connection, transaction

    if connection.in_atomic_block:
        transaction.on_commit(die)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def sentences() -> Iterator[str]:
    """Yield different sentences, one for each passage."""
    for number in range(PASSAGES):
        yield f"Sentence {number} says that promise {number * 7 + 1} was kept for {number + 2} years by reader {number}."


def fill() -> tuple[int, State, State]:
    """Publish an essay twice, with a passage on each sentence of the first text; return it and both states."""
    from blog.models import Essay, Revision, Text
    from blog.writing import revisions
    from comments.models import Passage
    from comments.passages import matching, placing
    from comments.passages.jobs import move_passages
    from tests import make

    make.site()
    make.rules()
    essay = make.essay("Moving", body="".join(f"<p>{each}</p>" for each in sentences()))
    revisions.ensure_revision(essay)
    shown = Revision.objects.public(essay).get()
    text = placing.read_text(shown)
    comments = make.create_thread(essay, *[None] * PASSAGES)
    found = []
    for comment, paragraph in zip(comments, text.paragraphs, strict=True):
        place = matching.locate(text, matching.Passage(paragraph.number, paragraph.words))
        assert place
        passage = placing.build(essay, shown, matching.quote(text, place))
        passage.comment = comment
        found.append(passage)
    Passage.objects.bulk_create(found)
    old = read(essay.pk)
    body = f"<p>This came first.</p>{essay.body}"
    revisions.publish(Essay.objects.get(pk=essay.pk), Text(title=essay.title, body=body, slug=essay.slug), by=None)
    move_passages.call(essay.pk)
    new = read(essay.pk)
    assert len(new) == PASSAGES
    assert not {row[2] for row in old} & {row[2] for row in new}
    restore(old)
    return essay.pk, old, new


def read(essay: int) -> State:
    from comments.models import Passage

    return list(Passage.objects.filter(essay=essay).order_by("pk").values_list(*STATE))


def restore(state: State) -> None:
    from comments.models import Passage

    fields = [dict(zip(STATE, row, strict=True)) for row in state]
    rows = [Passage(comment_id=row.pop("comment"), revision_id=row.pop("revision"), **row) for row in fields]
    Passage.objects.bulk_update(rows, STATE[2:], batch_size=100)


if __name__ == "__main__":
    main(int(sys.argv[1]))
