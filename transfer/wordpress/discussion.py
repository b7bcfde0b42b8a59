"""An item's comments: which are brought, who said them, and how they stood."""

from collections.abc import Mapping
from datetime import timedelta
from hashlib import blake2b

from django.utils import timezone

from accounts.models import Commenter
from accounts.text import tidy_text
from blog import markup
from blog.models import Essay
from comments.models import Status
from transfer import threads
from transfer.models import ImportedComment
from transfer.people import Authors, Details, guests
from transfer.report import Report
from transfer.threads import Said
from transfer.wordpress import items
from transfer.wordpress.text import pictures_as_links
from transfer.wordpress.wxr import Record

STATUSES = {
    "1": Status.APPROVED, "approve": Status.APPROVED, "approved": Status.APPROVED,
    "0": Status.PENDING, "hold": Status.PENDING,
    "spam": Status.SPAM, "trash": Status.TRASH, "post-trashed": Status.TRASH,
}  # fmt: skip
SAID = {"", "comment", "review"}
NOTE = "note"
KINDS = {
    "pingback": "pingback(s) and trackback(s): word from other sites, not comments",
    "trackback": "pingback(s) and trackback(s): word from other sites, not comments",
    NOTE: "editorial note(s): what editors said among themselves",
}
BYTES = 65_535  # as long as WordPress can keep one


class Discussion:
    """Brings comments item by item; who an author is, it learns from the file's own numbers and addresses."""

    def __init__(self, authors: Authors, report: Report) -> None:
        self.authors = authors
        self.report = report
        self.logins: dict[str, str] = {}
        """The authors' log-ins by their numbers on the old site, and by their addresses."""

    def knows(self, number: str, email: str, login: str) -> None:
        for key in (number, email.casefold()):
            if key:
                self.logins[key] = login

    def bring(self, essay: Essay, item: Record, offset: timedelta) -> None:
        records = self.by_key(item)
        if not records:
            return
        prefix = f"{essay.source}#comment-"
        found = ImportedComment.objects.filter(essay=essay, source__startswith=prefix)
        here: dict[str, int | None] = {
            source.removeprefix(prefix): pk for source, pk in found.values_list("source", "comment_id")
        }
        gone = self.left_out(records)
        gone |= {key: parent_of(records[key]) for key, pk in here.items() if pk is None and key in records}
        kept = {key: record for key, record in records.items() if key not in gone}
        parents, problems = threads.settle({key: parent_of(record) for key, record in kept.items()}, gone)
        new = {key: record for key, record in kept.items() if key not in here}
        known = {key: pk for key, pk in here.items() if pk is not None}
        made = threads.put(essay, self.said(essay, new, parents, offset), known)
        ImportedComment.objects.bulk_create(
            [ImportedComment(source=prefix + key, essay=essay, comment=comment) for key, comment in made.items()],
            batch_size=500,
        )
        for comment in made.values():
            self.report.made[f"comment(s), {Status(comment.status).label}"] += 1
        self.report.known["comment(s)"] += len(kept) - len(new)
        for key in sorted(gone.keys() & here.keys()):
            self.report.leave_out("comment(s) that (was|were) deleted here", f"#{key}")
        for problem, key in problems:
            if key in new:
                self.report.remark(problem, f"#{key}")

    def by_key(self, item: Record) -> dict[str, Record]:
        """By their numbers; those without, and others under a number that is taken, by what they are made of.

        Two exports put together give other comments the same number: then replies to it mean the first.
        """
        found: dict[str, Record] = {}
        for record in item.each("wp:comment"):
            made_of = made_of_words(record)
            key = record["wp:comment_id"][:40] or made_of
            if key in found and made_of_words(found[key]) != made_of:
                self.report.remark("comment(s) under a number that another has (stands|stand) here too", f"#{key}")
                key = made_of
            if key in found:
                self.report.leave_out("comment(s) that the file holds twice", f"#{key}")
            found.setdefault(key, record)
        return found

    def left_out(self, records: Mapping[str, Record]) -> dict[str, str]:
        """What is never published, and what it answered; nor is anything said under an editorial note."""
        gone: dict[str, str] = {}
        for key, record in records.items():
            kind = record["wp:comment_type"]
            if is_under_note(record, records):
                kind = NOTE
            if kind not in SAID:
                gone[key] = parent_of(record)
                self.report.leave_out(KINDS.get(kind, f"“{kind[:30]}” among the comments"))
        return gone

    def said(
        self, essay: Essay, records: Mapping[str, Record], parents: Mapping[str, str], offset: timedelta
    ) -> list[Said]:
        authors = {key: self.author(record) for key, record in records.items()}
        details = {key: details_of(record) for key, record in records.items() if authors[key] is None}
        rows = guests(details.values())
        return [
            self.one(key, parents[key], record, authors[key] or rows[details[key]], essay, offset)
            for key, record in records.items()
        ]

    def author(self, record: Record) -> Commenter | None:
        """The author who was logged in when this was written; an address that was merely typed makes nobody one."""
        number = record["wp:comment_user_id"]
        if number in {"", "0"}:
            return None
        login = self.logins.get(number) or self.logins.get(record["wp:comment_author_email"].casefold())
        return self.authors.commenter(self.authors.of(login)) if login else None

    def one(self, key: str, parent: str, record: Record, commenter: Commenter, essay: Essay, offset: timedelta) -> Said:
        text = tidy_text(record["wp:comment_content"])
        if len(text.encode()) > BYTES:
            text = text.encode()[:BYTES].decode(errors="ignore")
            self.report.remark("comment(s) longer than WordPress itself keeps (was|were) cut", f"#{key}")
        status = STATUSES.get(record["wp:comment_approved"])
        if status is None:
            status = Status.PENDING
            self.report.remark("comment(s) of an unknown status wait(s|) for a decision", f"#{key}")
        return Said(
            key=key,
            parent=parent,
            commenter=commenter,
            status=status,
            text=text,
            html=markup.comment_html(pictures_as_links(text)),
            created=items.when(record, "wp:comment", offset) or essay.published or timezone.now(),
        )


def made_of_words(record: Record) -> str:
    parts = (record["wp:comment_date"], record["wp:comment_author"], record["wp:comment_content"])
    return blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()


def parent_of(record: Record) -> str:
    parent = record["wp:comment_parent"][:40]
    return "" if parent == "0" else parent


def is_under_note(record: Record, records: Mapping[str, Record]) -> bool:
    seen: set[str] = set()
    while True:
        if record["wp:comment_type"] == NOTE:
            return True
        parent = parent_of(record)
        if parent in seen or parent not in records:
            return False
        seen.add(parent)
        record = records[parent]


def details_of(record: Record) -> Details:
    return Details.of(record["wp:comment_author"], record["wp:comment_author_email"], record["wp:comment_author_url"])
