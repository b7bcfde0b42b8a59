"""What an essay's page of corrections shows: its versions, and in each the changes made after a comment."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.safestring import SafeString

from blog import markup
from blog.models import Essay, Revision
from comments.answers.changes import Change, find_change
from comments.models import AuthorAnswer, Comment, Passage, Status
from comments.passages.placing import read_text

MAX_QUOTED = 100  # characters of the comment


@dataclass
class Correction:
    """A change after a comment."""

    comment: Comment
    excerpt: str  # of the comment
    before: SafeString | str = ""
    now: SafeString | str = ""
    quotation: str = ""  # the words that the comment quoted, where the text before is not public


@dataclass
class Version:
    """A version of an essay; `compared` is the number of the one that it can be compared with, 0 for the first."""

    number: int
    shown_from: datetime | None
    note: str
    is_public: bool = False  # readers can read it, or compare it
    compared: int = 0
    corrections: list[Correction] = field(default_factory=list)

    @property
    def is_listed(self) -> bool:
        return bool(self.corrections or self.note or self.is_public)


class Corrections:
    """The corrections of an essay by its versions."""

    def __init__(self, essay: Essay, *, has_versions: bool) -> None:
        self.essay, self.has_versions = essay, has_versions
        # by number, the newest first; of several revisions of a version the last
        self.revisions: dict[int, Revision] = {}
        self.first: dict[int, Revision] = {}
        for row in Revision.objects.public(essay).exclude(version=None).defer("body", "excerpt"):
            self.revisions.setdefault(row.version or 0, row)
            self.first[row.version or 0] = row
        self.newest = next(iter(self.revisions), 0)
        rows = AuthorAnswer.objects.corrections(essay).filter(comment__status=Status.APPROVED)
        self.answers = list(
            rows.select_related(
                "revision", "comment__commenter", "comment__wording", "comment__passage__quoted_from"
            ).defer("revision__body", "comment__passage__quoted_from__body")
        )
        needed = {number for row in self.answers if row.revision for number in self.around(row.revision.version or 0)}
        keys: set[int | None] = {self.revisions[number].pk for number in needed}
        keys |= {passage.quoted_from_id for row in self.answers if (passage := passage_of(row)) is not None}
        self.texts = Revision.objects.in_bulk([key for key in keys if key])

    def around(self, version: int) -> list[int]:
        """Return those of a version, the one before and the newest that exist."""
        return [number for number in (version, version - 1, self.newest) if number in self.revisions]

    def is_readable(self, version: int) -> bool:
        """Return whether readers may see the text of a version: of the newest, and if the owner allows it of others."""
        row = self.revisions.get(version)
        if row is None:
            return False
        return version == self.newest or (self.has_versions and not row.is_withdrawn)

    def versions(self) -> list[Version]:
        """Return the versions that the page lists, newest first."""
        by_version: dict[int, list[Correction]] = defaultdict(list)
        for answer in self.answers:
            if answer.revision and answer.revision.version:
                by_version[answer.revision.version].append(self.correction(answer, answer.revision.version))
        found = []
        for number, row in self.revisions.items():
            note = row.note if row.is_public_note else ""
            version = Version(number, self.first[number].public_from, note, corrections=by_version[number])
            version.is_public = self.has_versions and not row.is_withdrawn
            version.compared = compared_version(self.revisions.values(), number) if version.is_public else 0
            found.append(version)
        return [version for version in found if version.is_listed]

    def correction(self, answer: AuthorAnswer, version: int) -> Correction:
        """Return a correction with as much of the texts as readers may see."""
        comment, passage = answer.comment, passage_of(answer)
        found = Correction(comment, begin(comment))
        if passage is None:
            return found
        change = self.change(passage, version)
        if change and self.is_readable(version):
            found.now = change.now
        else:
            found.now = self.words_now(passage)
        if change and self.has_versions and self.is_readable(version - 1):
            found.before = change.before
        elif passage.quoted_from is None or not passage.quoted_from.is_withdrawn:
            found.quotation = passage.quotation
        return found

    def change(self, passage: Passage, version: int) -> Change | None:
        """Return the change of a passage's paragraph from the version before."""
        quoted = self.texts.get(passage.quoted_from_id or 0)
        before, now = self.revisions.get(version - 1), self.revisions.get(version)
        if quoted is None or before is None or now is None:
            return None
        return find_change(passage.quotation, quoted, self.texts[before.pk], self.texts[now.pk])

    def words_now(self, passage: Passage) -> str:
        """Return the paragraph with a passage in the text that readers see, if that has it."""
        newest = self.revisions.get(self.newest)
        if newest is None or passage.revision_id != newest.pk:
            return ""
        paragraphs = read_text(self.texts[newest.pk]).paragraphs
        return next((one.words for one in paragraphs if one.number == passage.paragraph), "")


def begin(comment: Comment) -> str:
    """Return the first words of a comment."""
    words = " ".join(markup.plain_text(comment.wording.html if comment.wording else "").split())
    cut = words[:MAX_QUOTED]
    return words if cut == words else f"{(cut.rpartition(' ')[0] or cut).rstrip(',;:')} …"


def passage_of(answer: AuthorAnswer) -> Passage | None:
    """Return the passage of an answered comment, read with it."""
    return getattr(answer.comment, "passage", None)


def compared_version(revisions: Iterable[Revision], number: int) -> int:
    """Return the newest version before this one that is not withdrawn; 0 if there is none."""
    return max(
        (row.version or 0 for row in revisions if (row.version or 0) < number and not row.is_withdrawn), default=0
    )
