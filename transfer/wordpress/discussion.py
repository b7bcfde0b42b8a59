"""Import of an item's comments with their authors and statuses."""

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from hashlib import blake2b
from typing import Any

from django.utils import timezone

from accounts.profiles.names import tidy_text
from blog import markup
from blog.models import Essay
from comments.models import Status
from transfer import threads
from transfer.authors import Authors, Details
from transfer.discussion import EssayComments
from transfer.report import Report
from transfer.threads import SourceComment
from transfer.wordpress import items
from transfer.wordpress.spool import COMMENT_META, CommentSpool
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

    def __init__(self, authors: Authors, report: Report, *, links_quotations: bool = False) -> None:
        self.authors = authors
        self.links_quotations = links_quotations
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

    def import_comments(self, essay: Essay, item: Record, offset: timedelta) -> Iterator[None]:
        """Import the comments of an item into its essay; `offset` is the old site's from UTC."""
        if item.comments:
            yield from ItemComments(self, essay, item.comments, offset).import_all()

    def find_author(self, texts: Texts) -> int | None:
        """Return the key of the author's Commenter if they wrote while logged in; typing their address isn't enough."""
        number = texts["wp:comment_user_id"]
        if number in {"", "0"}:
            return None
        login = self.logins.get(number) or self.logins.get(texts["wp:comment_author_email"].casefold())
        if login and login not in self.commenters:
            self.commenters[login] = self.authors.get_commenter(self.authors.get_or_create(login)).pk
        return self.commenters[login] if login else None


class ItemComments(EssayComments):
    """The comments of one item."""

    def __init__(self, importer: CommentImporter, essay: Essay, comments: CommentSpool, offset: timedelta) -> None:
        prefix = f"{essay.source}#comment-"
        super().__init__(essay, prefix, importer.report, links_quotations=importer.links_quotations)
        self.importer = importer
        self.comments = comments
        self.offset = offset
        self.positions = array("q")
        """The position of each among the item's comments; duplicates have none."""
        self.now = essay.published or timezone.now()

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
        self.start_outline()
        self.omit_unpublished(kinds, is_note)

    def omit_unpublished(self, kinds: Mapping[int, str], is_note: bytearray) -> None:
        """Omit the comments of the types in `kinds`, and all replies to editorial notes."""
        under_note = mark_replies(self.outline.parents, is_note) if any(is_note) else is_note
        for number, is_under in enumerate(under_note):
            if is_under or number in kinds:
                kind = NOTE if is_under else kinds[number]
                self.outline.is_omitted[number] = 1
                self.report.omit(OMITTED_TYPES.get(kind, f"comment(s) of type “{kind[:30]}”"))

    def find_author(self, number: int) -> int | None:
        return self.importer.find_author(self.texts_of(number))

    def guest_details(self, number: int) -> Details:
        return guest_details(self.texts_of(number))

    def source_comment(self, number: int, commenter: int) -> SourceComment:
        """Return a comment with its text shortened and cleaned and its status."""
        texts = self.texts_of(number)
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
        passage, answer = (read_json(texts[key]) for key in COMMENT_META)
        at = self.outline.created_at(number)
        return SourceComment(commenter, status, text, html, at, passage=passage, answer=answer)


def read_json(text: str) -> Any:
    """Return the value of a custom field of our own export; None without one, or if it is damaged."""
    try:
        return json.loads(text) if text and len(text) <= MAX_BYTES else None
    except (ValueError, RecursionError):
        return None


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
