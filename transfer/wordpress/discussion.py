"""Import of an item's comments with their authors and statuses."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from hashlib import blake2b

from django.utils import timezone

from accounts.profiles.names import tidy_text
from blog import markup
from blog.models import Essay
from comments import indexing
from comments.models import Comment, Status
from transfer import threads
from transfer.authors import Authors, Details, Guests
from transfer.models import ImportedComment
from transfer.report import Report
from transfer.threads import Outline, SourceComment
from transfer.wordpress import items
from transfer.wordpress.spool import CommentSpool
from transfer.wordpress.text import pictures_as_links
from transfer.wordpress.wxr import Record

Texts = Mapping[str, str]
STATUSES = {
    "1": Status.APPROVED, "approve": Status.APPROVED, "approved": Status.APPROVED,
    "0": Status.PENDING, "hold": Status.PENDING,
    "spam": Status.SPAM, "trash": Status.TRASH, "post-trashed": Status.TRASH,
}  # fmt: skip
IMPORTED_TYPES = {"", "comment", "review"}
NOTE = "note"
OMITTED_TYPES = {
    "pingback": "pingback(s) or trackback(s)",
    "trackback": "pingback(s) or trackback(s)",
    NOTE: "editorial note(s)",
}
MAX_BYTES = 65_535  # WordPress's limit for one


class CommentImporter:
    """Imports comments item by item, and recognizes authors by the file's user numbers and addresses."""

    def __init__(self, authors: Authors, report: Report) -> None:
        self.authors = authors
        self.report = report
        for status in STATUSES.values():  # in the order of the report
            report.counts[f"comment(s), {status.label}"] += 0
        self.logins: dict[str, str] = {}
        """The authors' usernames by their number on the old site and by their email address."""
        self.commenters: dict[str, int] = {}
        """The keys of the authors' Commenters by username."""

    def add_author(self, number: str, email: str, login: str) -> None:
        """Remember an author's number and email address, which comments name."""
        for key in (number, email.casefold()):
            if key:
                self.logins[key] = login

    def import_comments(self, essay: Essay, item: Record, offset: timedelta) -> None:
        """Import the comments of an item into its essay; `offset` is the old site's from UTC."""
        if item.comments:
            ItemComments(self, essay, item.comments, offset).import_all()

    def find_author(self, texts: Texts) -> int | None:
        """Return the key of the author's Commenter if they wrote while logged in; typing their address isn't enough."""
        number = texts["wp:comment_user_id"]
        if number in {"", "0"}:
            return None
        login = self.logins.get(number) or self.logins.get(texts["wp:comment_author_email"].casefold())
        if login and login not in self.commenters:
            self.commenters[login] = self.authors.get_commenter(self.authors.get_or_create(login)).pk
        return self.commenters[login] if login else None


class ItemComments:
    """The comments of one item; only a few numbers per comment are kept in memory."""

    def __init__(self, importer: CommentImporter, essay: Essay, comments: CommentSpool, offset: timedelta) -> None:
        self.importer = importer
        self.report = importer.report
        self.essay = essay
        self.prefix = f"{essay.source}#comment-"  # of the sources of its comments
        self.comments = comments
        self.offset = offset
        self.outline = Outline()
        self.positions = array("q")
        """The position of each among the item's comments; duplicates have none."""
        self.guests = Guests()
        self.now = essay.published or timezone.now()

    def import_all(self) -> None:
        """Store the new comments and report the omitted ones."""
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
        for new in threads.batches(number for number in range(len(is_new)) if is_new[number] and outline.pks[number]):
            indexing.index_each([outline.pks[number] for number in new])
        self.report.unchanged["comment(s)"] += known
        for number in sorted(deleted, key=outline.ids.__getitem__):
            self.report.omit("comment(s) deleted on this site after an earlier import", f"#{outline.ids[number]}")
        for problem, number in problems:
            if is_new[number]:
                self.report.remark(problem, f"#{outline.ids[number]}")

    def assign_ids(self) -> dict[str, int]:
        """Assign ids: the file's, or a digest of the content for comments without an id or with another's.

        In two exports joined to one, different comments have the same id; replies to it mean the first.
        """
        found: dict[str, int] = {}
        for position, texts in enumerate(self.comments):
            key = texts["wp:comment_id"][:40] or content_digest(texts)
            if key in found and (digest := content_digest(texts)) != content_digest(self.texts_of(found[key])):
                self.report.remark("comment(s) with the same ID as another comment (was|were) imported too", f"#{key}")
                key = digest
            if key in found:
                self.report.omit("duplicate comment(s)", f"#{key}")
                continue
            found[key] = len(found)
            self.positions.append(position)
        self.outline.ids = list(found)
        return found

    def texts_of(self, number: int) -> Texts:
        """Return a comment's fields by its number in the outline."""
        return self.comments[self.positions[number]]

    def read_outline(self, numbers: Mapping[str, int]) -> None:
        """Read each comment's parent, time and status, and omit what is never published; `numbers` are by id."""
        outline = self.outline
        is_note = bytearray()
        kinds: dict[int, str] = {}
        for number in range(len(outline.ids)):
            texts = self.texts_of(number)
            parent = parent_id(texts)
            outline.parents.append(numbers.get(parent, threads.ABSENT) if parent else threads.NONE)
            at = items.utc_time(texts["wp:comment_date_gmt"], texts["wp:comment_date"], self.offset) or self.now
            outline.created.append((at - threads.EPOCH).total_seconds())
            outline.is_approved.append(STATUSES.get(texts["wp:comment_approved"]) == Status.APPROVED)
            kind = texts["wp:comment_type"]
            is_note.append(kind == NOTE)
            if kind not in IMPORTED_TYPES:
                kinds[number] = kind
        outline.is_omitted = bytearray(len(outline.ids))
        outline.pks = array("q", [0]) * len(outline.ids)
        self.omit_unpublished(kinds, is_note)

    def omit_unpublished(self, kinds: Mapping[int, str], is_note: bytearray) -> None:
        """Omit the comments of the types in `kinds`, and all replies to editorial notes."""
        under_note = mark_replies(self.outline.parents, is_note) if any(is_note) else is_note
        for number, is_under in enumerate(under_note):
            if is_under or number in kinds:
                kind = NOTE if is_under else kinds[number]
                self.outline.is_omitted[number] = 1
                self.report.omit(OMITTED_TYPES.get(kind, f"comment(s) of type “{kind[:30]}”"))

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
        batch = [self.texts_of(number) for number in numbers]
        authors = [self.importer.find_author(text) for text in batch]
        typed = [guest_details(text) for text, author in zip(batch, authors, strict=True) if author is None]
        guests = iter(self.guests.get_or_create(typed))
        return [
            self.source_comment(number, text, next(guests) if author is None else author)
            for number, text, author in zip(numbers, batch, authors, strict=True)
        ]

    def source_comment(self, number: int, texts: Texts, commenter: int) -> SourceComment:
        """Return a comment with its text shortened and cleaned and its status."""
        name = f"#{self.outline.ids[number]}"
        text = tidy_text(texts["wp:comment_content"])
        if len(text.encode()) > MAX_BYTES:
            text = text.encode()[:MAX_BYTES].decode(errors="ignore")
            self.report.remark("comment(s) longer than WordPress’s limit (was|were) shortened", name)
        status = STATUSES.get(texts["wp:comment_approved"])
        if status is None:
            status = Status.PENDING
            self.report.remark("comment(s) with an unknown status (was|were) imported as pending", name)
        html = markup.clean_comment_html(pictures_as_links(text))
        return SourceComment(commenter, status, text, html, self.outline.created_at(number))

    def record_imported(self, batch: Sequence[tuple[int, Comment]]) -> None:
        """Record stored comments, so that they are not imported again, and count them."""
        names = self.outline.ids
        ImportedComment.objects.bulk_create(
            ImportedComment(source=self.prefix + names[number], essay=self.essay, comment=comment)
            for number, comment in batch
        )
        for _number, comment in batch:
            self.report.counts[f"comment(s), {Status(comment.status).label}"] += 1


def content_digest(texts: Texts) -> str:
    """Return a hash of a comment's date, author and text."""
    parts = (texts["wp:comment_date"], texts["wp:comment_author"], texts["wp:comment_content"])
    return blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()


def parent_id(texts: Texts) -> str:
    """Return the id of the comment replied to, or nothing."""
    parent = texts["wp:comment_parent"][:40]
    return "" if parent == "0" else parent


def mark_replies(parents: Sequence[int], marked: bytearray) -> bytearray:
    """Return which comments are marked or are below a marked one; loops without a mark stay unmarked."""
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


def guest_details(texts: Texts) -> Details:
    """Return the details that a guest typed."""
    return Details.from_export(*(texts[f"wp:comment_{name}"] for name in ("author", "author_email", "author_url")))
