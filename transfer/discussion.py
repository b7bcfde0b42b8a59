"""Import of one essay's comments from any format: finds those imported before, stores the others, and reports them."""

from abc import ABC, abstractmethod
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from blog.models import Essay
from server import bulk
from transfer import threads
from transfer.authors import Details, Guests
from transfer.models import ImportedComment
from transfer.passages import PassageImport
from transfer.report import Report
from transfer.threads import Outline, SourceComment, Stored


class EssayComments(ABC):
    """The comments of one essay in a file; only a few numbers per comment are kept in memory."""

    def __init__(self, essay: Essay, prefix: str, report: Report, *, links_quotations: bool = False) -> None:
        self.essay = essay
        self.prefix = prefix  # of the sources of its comments
        self.report = report
        self.outline = Outline()
        self.guests = Guests()
        self.passages = PassageImport(essay, report, links_quotations=links_quotations)

    @abstractmethod
    def assign_ids(self) -> dict[str, int]:
        """Set the outline's ids, and return each comment's number by its id."""

    @abstractmethod
    def read_outline(self, numbers: Mapping[str, int]) -> None:
        """Read each comment's parent, time and status, and omit what is never published; `numbers` are by id."""

    @abstractmethod
    def find_author(self, number: int) -> int | None:
        """Return the key of the Commenter of an author of the old site, or None for a guest."""

    @abstractmethod
    def guest_details(self, number: int) -> Details:
        """Return the details that a guest typed."""

    @abstractmethod
    def source_comment(self, number: int, commenter: int) -> SourceComment:
        """Return a comment with its text cleaned and its status."""

    def import_all(self) -> Iterator[None]:
        """Store the new comments and report the omitted ones; yield whenever whole threads are stored."""
        outline = self.outline
        numbers = self.assign_ids()
        self.read_outline(numbers)
        deleted = self.find_imported(numbers)
        del numbers
        problems = threads.resolve_parents(outline)
        is_new = [not pk for pk in outline.pks]
        known = sum(1 for pk, is_omitted in zip(outline.pks, outline.is_omitted, strict=True) if pk and not is_omitted)
        for batch in threads.store_comments(self.essay, outline, self.read):
            self.record_imported(batch)
            self.passages.store(batch)
            yield
        self.report.unchanged["comment(s)"] += known
        for number in sorted(deleted, key=outline.ids.__getitem__):
            self.report.omit("comment(s) deleted on this site after an earlier import", f"#{outline.ids[number]}")
        for problem, number in problems:
            if is_new[number]:
                self.report.remark(problem, f"#{outline.ids[number]}")

    def start_outline(self) -> None:
        """Note for each id that nothing is omitted and nothing imported yet."""
        count = len(self.outline.ids)
        self.outline.is_omitted = bytearray(count)
        self.outline.pks = array("q", [0]) * count

    def find_imported(self, numbers: Mapping[str, int]) -> list[int]:
        """Note the keys of comments imported before; return the numbers of those deleted here since."""
        deleted = []
        found = ImportedComment.objects.filter(essay=self.essay, source__startswith=self.prefix)
        rows: Iterator[tuple[str, int | None]] = found.values_list("source", "comment_id").iterator()
        for source, pk in rows:
            number = numbers.get(source.removeprefix(self.prefix))
            if number is None:
                continue
            if pk is None or self.outline.is_omitted[number]:
                self.outline.is_omitted[number] = 1
                deleted.append(number)
            else:
                self.outline.pks[number] = pk
        return deleted

    def read(self, numbers: Sequence[int]) -> list[SourceComment]:
        """Return the comments with these numbers, with their texts and commenters."""
        found, typed = [], {}
        for at, number in enumerate(numbers):
            author = self.find_author(number)
            if author is None:
                typed[at] = self.guest_details(number)
            found.append(self.source_comment(number, author or 0))
        for at, guest in zip(typed, self.guests.get_or_create(typed.values()), strict=True):
            found[at].commenter = guest
        for number, source in zip(numbers, found, strict=True):
            self.passages.add(number, source)
        return found

    def record_imported(self, batch: Sequence[Stored]) -> None:
        """Record stored comments, so that they are not imported again, and count them."""
        names = self.outline.ids
        bulk.Table(ImportedComment, "source", "essay_id", "comment_id").insert(
            (self.prefix + names[each.number], self.essay.pk, each.pk) for each in batch
        )
        for status, count in Counter(each.status for each in batch).items():
            self.report.counts[f"comment(s), {status.label}"] += count
