"""An item's comments: which are brought, who said them, and how they stood."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from hashlib import blake2b

from django.utils import timezone

from accounts.profiles.text import tidy_text
from blog import markup
from blog.models import Essay
from comments.models import Comment, Status
from transfer import threads
from transfer.authors import Authors, Details, Guests
from transfer.models import ImportedComment
from transfer.report import Report
from transfer.threads import Outline, Said
from transfer.wordpress import items
from transfer.wordpress.spool import Comments
from transfer.wordpress.text import pictures_as_links
from transfer.wordpress.wxr import Record

Texts = Mapping[str, str]
STATUSES = {
    "1": Status.APPROVED, "approve": Status.APPROVED, "approved": Status.APPROVED,
    "0": Status.PENDING, "hold": Status.PENDING,
    "spam": Status.SPAM, "trash": Status.TRASH, "post-trashed": Status.TRASH,
}  # fmt: skip
SAID = {"", "comment", "review"}
NOTE = "note"
KINDS = {
    "pingback": "pingback(s) or trackback(s)",
    "trackback": "pingback(s) or trackback(s)",
    NOTE: "editorial note(s)",
}
BYTES = 65_535  # as long as WordPress can keep one


class Discussion:
    """Brings comments item by item; who an author is, it learns from the file's own numbers and addresses."""

    def __init__(self, authors: Authors, report: Report) -> None:
        self.authors = authors
        self.report = report
        for status in STATUSES.values():  # in the order of the report
            report.made[f"comment(s), {status.label}"] += 0
        self.logins: dict[str, str] = {}
        """The authors' log-ins by their numbers on the old site, and by their addresses."""
        self.speakers: dict[str, int] = {}
        """The keys of the authors' rows as commenters, by log-in."""

    def knows(self, number: str, email: str, login: str) -> None:
        for key in (number, email.casefold()):
            if key:
                self.logins[key] = login

    def bring(self, essay: Essay, item: Record, offset: timedelta) -> None:
        if item.comments:
            One(self, essay, item.comments, offset).bring()

    def author(self, said: Texts) -> int | None:
        """The author who was logged in when this was written; an address that was merely typed makes nobody one."""
        number = said["wp:comment_user_id"]
        if number in {"", "0"}:
            return None
        login = self.logins.get(number) or self.logins.get(said["wp:comment_author_email"].casefold())
        if login and login not in self.speakers:
            self.speakers[login] = self.authors.commenter(self.authors.of(login)).pk
        return self.speakers[login] if login else None


class One:
    """The discussion of one item. What is kept of each comment in memory is a few numbers."""

    def __init__(self, brought: Discussion, essay: Essay, comments: Comments, offset: timedelta) -> None:
        self.brought = brought
        self.report = brought.report
        self.essay = essay
        self.comments = comments
        self.offset = offset
        self.outline = Outline()
        self.places = array("q")
        """Where each is among the item's comments: those that the file holds twice are left out."""
        self.guests = Guests()
        self.now = essay.published or timezone.now()

    @property
    def prefix(self) -> str:
        return f"{self.essay.source}#comment-"

    def bring(self) -> None:
        numbers = self.name()
        self.read_outline(numbers)
        here = self.find(numbers)
        del numbers
        problems = threads.settle(self.outline)
        is_new = [not pk for pk in self.outline.pks]
        known = sum(1 for pk, is_gone in zip(self.outline.pks, self.outline.is_gone, strict=True) if pk and not is_gone)
        for batch in threads.put(self.essay, self.outline, self.read):
            self.record(batch)
        self.report.known["comment(s)"] += known
        for number in sorted(here, key=self.outline.names.__getitem__):
            self.report.leave_out("comment(s) imported before and since deleted here", f"#{self.outline.names[number]}")
        for problem, number in problems:
            if is_new[number]:
                self.report.remark(problem, f"#{self.outline.names[number]}")

    def name(self) -> dict[str, int]:
        """By their numbers; those without, and others under a number that is taken, by what they are made of.

        Two exports put together give other comments the same number: then replies to it mean the first.
        """
        found: dict[str, int] = {}
        for place, said in enumerate(self.comments):
            key = said["wp:comment_id"][:40] or made_of_words(said)
            if key in found and (made_of := made_of_words(said)) != made_of_words(self.text_of(found[key])):
                self.report.remark("comment(s) with the same ID as another comment (was|were) imported too", f"#{key}")
                key = made_of
            if key in found:
                self.report.leave_out("duplicate comment(s)", f"#{key}")
                continue
            found[key] = len(found)
            self.places.append(place)
        self.outline.names = list(found)
        return found

    def text_of(self, number: int) -> Texts:
        return self.comments[self.places[number]]

    def read_outline(self, numbers: Mapping[str, int]) -> None:
        """What each answers, when it was written, and whether it is shown; what is never published is left out."""
        outline = self.outline
        is_note = bytearray()
        kinds: dict[int, str] = {}
        for number in range(len(outline.names)):
            said = self.text_of(number)
            parent = parent_of(said)
            outline.parents.append(numbers.get(parent, threads.ABSENT) if parent else threads.NONE)
            at = items.of_clocks(said["wp:comment_date_gmt"], said["wp:comment_date"], self.offset) or self.now
            outline.created.append((at - threads.EPOCH).total_seconds())
            outline.is_approved.append(STATUSES.get(said["wp:comment_approved"]) == Status.APPROVED)
            kind = said["wp:comment_type"]
            is_note.append(kind == NOTE)
            if kind not in SAID:
                kinds[number] = kind
        outline.is_gone = bytearray(len(outline.names))
        outline.pks = array("q", [0]) * len(outline.names)
        self.leave_out(kinds, is_note)

    def leave_out(self, kinds: Mapping[int, str], is_note: bytearray) -> None:
        """What is never published; nor is anything said under an editorial note."""
        under_note = below(self.outline.parents, is_note) if any(is_note) else is_note
        for number, is_under in enumerate(under_note):
            if is_under or number in kinds:
                kind = NOTE if is_under else kinds[number]
                self.outline.is_gone[number] = 1
                self.report.leave_out(KINDS.get(kind, f"comment(s) of type “{kind[:30]}”"))

    def find(self, numbers: Mapping[str, int]) -> list[int]:
        """Note what an earlier import brought. Return what was deleted here since."""
        deleted = []
        found = ImportedComment.objects.filter(essay=self.essay, source__startswith=self.prefix)
        rows: Iterator[tuple[str, int | None]] = found.values_list("source", "comment_id").iterator()
        for source, pk in rows:
            number = numbers.get(source.removeprefix(self.prefix))
            if number is None:
                continue
            if pk is None or self.outline.is_gone[number]:
                self.outline.is_gone[number] = 1
                deleted.append(number)
            else:
                self.outline.pks[number] = pk
        return deleted

    def read(self, numbers: Sequence[int]) -> list[Said]:
        """A batch, with its words and who wrote it."""
        texts = [self.text_of(number) for number in numbers]
        authors = [self.brought.author(said) for said in texts]
        typed = [details_of(said) for said, author in zip(texts, authors, strict=True) if author is None]
        guests = iter(self.guests.of(typed))
        return [
            self.one(number, said, next(guests) if author is None else author)
            for number, said, author in zip(numbers, texts, authors, strict=True)
        ]

    def one(self, number: int, said: Texts, commenter: int) -> Said:
        name = f"#{self.outline.names[number]}"
        text = tidy_text(said["wp:comment_content"])
        if len(text.encode()) > BYTES:
            text = text.encode()[:BYTES].decode(errors="ignore")
            self.report.remark("comment(s) longer than WordPress’s limit (was|were) shortened", name)
        status = STATUSES.get(said["wp:comment_approved"])
        if status is None:
            status = Status.PENDING
            self.report.remark("comment(s) with an unknown status (is|are) pending", name)
        html = markup.comment_html(pictures_as_links(text))
        return Said(commenter=commenter, status=status, text=text, html=html, created=self.outline.at(number))

    def record(self, batch: Sequence[tuple[int, Comment]]) -> None:
        names = self.outline.names
        ImportedComment.objects.bulk_create(
            ImportedComment(source=self.prefix + names[number], essay=self.essay, comment=comment)
            for number, comment in batch
        )
        for _number, comment in batch:
            self.report.made[f"comment(s), {Status(comment.status).label}"] += 1


def made_of_words(said: Texts) -> str:
    parts = (said["wp:comment_date"], said["wp:comment_author"], said["wp:comment_content"])
    return blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()


def parent_of(said: Texts) -> str:
    parent = said["wp:comment_parent"][:40]
    return "" if parent == "0" else parent


def below(parents: Sequence[int], marked: bytearray) -> bytearray:
    """Those that are marked, and all that answers them; rings without a mark are not."""
    found = bytearray(marked)
    is_known = bytearray(marked)
    for start in range(len(parents)):
        path: dict[int, None] = {}
        number = start
        while number >= 0 and not is_known[number] and number not in path:
            path[number] = None
            number = parents[number]
        is_below = number >= 0 and number not in path and found[number]
        for each in path:
            is_known[each], found[each] = 1, is_below
    return found


def details_of(said: Texts) -> Details:
    return Details.of(said["wp:comment_author"], said["wp:comment_author_email"], said["wp:comment_author_url"])
