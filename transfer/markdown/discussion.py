"""Import of the comments in comments.json, which our own export writes with one comment on each line."""

import json
from array import array
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import Any

from accounts.profiles.names import tidy_text
from blog import markup
from blog.models import Essay
from comments.models import Comment, Status, Wording
from transfer import threads
from transfer.authors import Details
from transfer.discussion import EssayComments
from transfer.fields.post import Post, parse_time
from transfer.markdown.archive import Archive
from transfer.report import Report, Unreadable
from transfer.threads import SourceComment

NAME = "comments.json"
MAX_LINE = 2_000_000  # bytes
MAX_IN_MEMORY = 5_000_000  # bytes; more are written to disk
MAX_BYTES = 65_535
STATUSES, REMOVERS = frozenset(Status.values), frozenset(Comment.Remover.values)
Record = Mapping[str, Any]


class CommentFile:
    """The comments of a site by essay, each read when needed. Raises Unreadable for a damaged file."""

    def __init__(self, archive: Archive) -> None:
        self.spool = SpooledTemporaryFile(max_size=MAX_IN_MEMORY)  # noqa: SIM115 – closed in __del__
        self.starts: dict[str, array[int]] = defaultdict(lambda: array("q"))
        """Where each essay's comments are in the file."""
        number, has_end = 0, False
        with archive.open(NAME) as source:
            while line := source.readline(MAX_LINE + 1):
                number += 1
                text = line.strip().removesuffix(b",")
                has_end = text.endswith(b"]")
                if text not in {b"", b"[", b"]", b"[]"}:
                    self._add(text, number)
        if not has_end:
            raise Unreadable(f"{NAME} is incomplete")

    def _add(self, line: bytes, number: int) -> None:
        """Keep the comment in a line of the file. Raises Unreadable."""
        try:
            record = json.loads(line) if len(line) <= MAX_LINE else None
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict) or not text_of(record, "id"):
            raise Unreadable(f"{NAME}, line {number}: this is not a comment as our export writes it")
        key = text_of(record, "essay_id") or text_of(record, "essay")
        self.starts[key].append(self.spool.tell())
        self.spool.write(line + b"\n")

    def __del__(self) -> None:
        self.spool.close()

    def starts_of(self, post: Post) -> "array[int]":
        """Return where a text's comments are."""
        found = array("q", self.starts.get(post.text("id"), ()))
        return found or array("q", self.starts.get(post.text("permalink"), ()))

    def read(self, start: int) -> Record:
        """Return the comment that begins at a byte."""
        self.spool.seek(start)
        record: Record = json.loads(self.spool.readline())
        return record


class OwnComments(EssayComments):
    """The comments of one essay of a site of ours."""

    def __init__(
        self,
        file: CommentFile,
        starts: "array[int]",
        essay: Essay,
        prefix: str,
        report: Report,
        get_commenter: Callable[[str], int | None],
    ) -> None:
        super().__init__(essay, prefix, report)
        self.file = file
        self.starts = starts
        self.get_commenter = get_commenter
        self.parents: list[str] = []
        """The ids of the parents, until the outline has their numbers."""
        self.last: tuple[int, Record] = (-1, {})

    def record(self, number: int) -> Record:
        """Return a comment by its number in the outline; that read last is kept."""
        if number != self.last[0]:
            self.last = number, self.file.read(self.starts[number])
        return self.last[1]

    def assign_ids(self) -> dict[str, int]:
        """Set the outline's ids, times and statuses; a comment whose id is taken is omitted."""
        found: dict[str, int] = {}
        kept = array("q")
        for start in self.starts:
            record = self.file.read(start)
            key = text_of(record, "id")[:40]
            if key in found:
                self.report.omit("duplicate comment(s)", f"#{key}")
                continue
            found[key] = len(found)
            kept.append(start)
            self.parents.append(text_of(record, "answers")[:40])
            self.outline.created.append((self.written(record) - threads.EPOCH).total_seconds())
            self.outline.is_approved.append(record.get("status") == Status.APPROVED)
        self.starts = kept
        self.outline.ids = list(found)
        return found

    def read_outline(self, numbers: Mapping[str, int]) -> None:
        """Find each comment's parent; `numbers` are by id."""
        self.outline.parents.extend(
            numbers.get(parent, threads.ABSENT) if parent else threads.NONE for parent in self.parents
        )
        self.parents.clear()
        self.start_outline()

    def written(self, record: Record) -> datetime:
        """Return when a comment was written."""
        return parse_time(text_of(record, "written")) or self.essay.published or self.essay.created

    def find_imported(self, numbers: Mapping[str, int]) -> list[int]:
        """Note the comments imported before, and those that this site has because the export is its own."""
        deleted = super().find_imported(numbers)
        known = {*self.outline.pks}
        rows = Comment.objects.on_essay(self.essay).exclude(imported__source__startswith=self.prefix)
        here = {(created, name): pk for pk, created, name in rows.values_list("pk", "created", "commenter__name")}
        for number in range(len(self.outline.ids)) if here else ():
            if not self.outline.pks[number] and not self.outline.is_omitted[number]:
                record = self.record(number)
                pk = here.pop((self.written(record), text_of(record, "name")), 0)
                self.outline.pks[number] = pk if pk not in known else 0
        return deleted

    def find_author(self, number: int) -> int | None:
        username = text_of(self.record(number), "username")
        return self.get_commenter(username) if username else None

    def guest_details(self, number: int) -> Details:
        record = self.record(number)
        return Details.typed(text_of(record, "name"), text_of(record, "email"), text_of(record, "website"))

    def source_comment(self, number: int, commenter: int) -> SourceComment:
        """Return a comment with its text cleaned again and its status."""
        record = self.record(number)
        name = f"#{self.outline.ids[number]}"
        text = tidy_text(text_of(record, "text"))
        if len(text.encode()) > MAX_BYTES:
            text = text.encode()[:MAX_BYTES].decode(errors="ignore")
            self.report.remark("comment(s) longer than 65,535 bytes (was|were) shortened", name)
        status = text_of(record, "status")
        if status not in STATUSES:
            status = Status.PENDING
            self.report.remark("comment(s) with an unknown status (was|were) imported as pending", name)
        is_html = record.get("format") == Wording.Format.HTML
        remover = text_of(record, "removed_by")
        return SourceComment(
            commenter,
            Status(status),
            text,
            markup.clean_comment_html(text) if is_html else markup.clean_comment(text),
            self.written(record),
            format=Wording.Format.HTML if is_html else Wording.Format.MARKDOWN,
            edited=parse_time(text_of(record, "edited")),
            remover=remover if "removed_by" in record and remover in REMOVERS else None,
            passage=record.get("passage"),
            answer=record.get("answer"),
        )


def text_of(record: Record, name: str) -> str:
    """Return a field as text, or nothing if it is neither a text nor a whole number."""
    value = record.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
