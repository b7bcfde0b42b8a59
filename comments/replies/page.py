"""The entries of “Replies to you”: replies to a person, and decisions, likes and answers about their comments."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Commenter
from accounts.profiles import avatars
from blog import markup
from blog.models import Essay
from comments.likes.rendering import Likes
from comments.models import AuthorAnswer, Comment, Discussion, ReplyInbox, Rules, Status
from comments.models.decision import Decision
from comments.models.reply_inbox import as_datetime
from comments.replies import entries
from comments.replies.entries import ANSWER, DECISION, KINDS, LIKE, REPLY, Tally
from comments.threads.removals import Removal

PAGE_SIZE = 25
MAX_SHOWN = 600  # characters of a reply; more are cut
MAX_WORDS = 60
MAX_QUOTED = 100  # characters of what was replied to
DAY = timedelta(days=1)


@dataclass
class Entry:
    """One reply, decision or group of likes."""

    kind: str
    at: datetime
    is_new: bool
    comment: Comment  # the reply, or the person's own comment
    essay: Essay
    discussion: Discussion
    quoted: str  # beginning of the person's own comment
    commenter: dict[str, Any] = field(default_factory=dict)  # context of a reply's author
    is_by_author: bool = False
    html: str = ""  # of the whole reply
    body: str = ""  # HTML; the first words of a long reply
    like_button: str = ""  # HTML
    sentence: str = ""  # HTML if it is a SafeString
    appeal_url: str = ""
    appeal_label: str = ""

    @property
    def url(self) -> str:
        """The permalink of the comment, or nothing if readers can't see it."""
        return str(self.comment.get_absolute_url()) if self.comment.is_approved else ""

    @property
    def lang(self) -> SafeString:
        """The `lang` attribute of the comments' texts if the essay's language is not the page's, else nothing."""
        return format_html(' lang="{}"', self.essay.language) if self.essay.lang else SafeString("")

    @property
    def reply_url(self) -> str:
        """The address of the form under the reply, if comments are open."""
        if not self.discussion.accepts_comments:
            return ""
        return f"{self.essay.get_absolute_url()}?replyto={self.comment.pk}#respond"

    @property
    def day(self) -> date:
        return timezone.localtime(self.at).date()

    @property
    def when(self) -> str:
        """How long ago it happened, or for older entries the time of day, as the date is in their heading."""
        age = timezone.now() - self.at
        if age >= DAY:
            return date_format(timezone.localtime(self.at), "TIME_FORMAT")
        if age < timedelta(minutes=1):
            return _("just now")
        return _("%(time)s ago") % {"time": timesince(self.at, depth=1)}


@dataclass
class Day:
    """The entries of a day, with its heading."""

    heading: str
    entries: list[Entry]


@dataclass
class RepliesPage:
    """A page of a person's entries of some kinds."""

    tally: Tally
    entries: list[Entry]
    number: int
    kinds: Sequence[str]

    @property
    def has_next(self) -> bool:
        total = sum(count for kind, count in self.tally.by_kind.items() if kind in self.kinds)
        return total > self.number * PAGE_SIZE

    @property
    def days(self) -> list[Day]:
        """The entries by day, newest first."""
        found: list[Day] = []
        last = None
        for entry in self.entries:
            if entry.day != last:
                found.append(Day(describe_day(entry.day), []))
                last = entry.day
            found[-1].entries.append(entry)
        return found


def describe_day(day: date) -> str:
    """Return a day as a heading."""
    age = timezone.localdate() - day
    if age <= timedelta(0):
        return _("Today")
    return _("Yesterday") if age == DAY else date_format(day, "DATE_FORMAT")


def find_page(
    commenter: Commenter,
    inbox: ReplyInbox,
    *,
    kinds: Sequence[str] = KINDS,
    number: int = 1,
    size: int = PAGE_SIZE,
    muted: Collection[int] = (),
) -> RepliesPage:
    """Find a page of entries by one query, without people muted in the browser. Raises Http404 if there is none."""
    start = (number - 1) * size
    tally, rows = entries.fetch(commenter, kinds=kinds, since=inbox.new_since, start=start, count=size, muted=muted)
    if not rows and number > 1:
        raise Http404
    builder = EntryBuilder(commenter, inbox)
    return RepliesPage(tally, [builder.build(row) for row in rows], number, kinds)


class EntryBuilder:
    """Makes entries of the rows of entries.fetch()."""

    def __init__(self, commenter: Commenter, inbox: ReplyInbox) -> None:
        self.commenter, self.inbox = commenter, inbox
        self.likes: dict[int, Likes] = {}  # by essay

    def build(self, row: dict[str, Any]) -> Entry:
        """Make the entry of one row."""
        rules = Rules(**json.loads(row["rules"])) if row["rules"] else Rules()
        essay = essay_of(row)
        at = as_datetime(row["at"]) or timezone.now()
        is_reply = row["kind"] == REPLY
        entry = Entry(
            kind=row["kind"],
            at=at,
            is_new=self.inbox.is_new(at),
            comment=Comment(  # type: ignore[no-untyped-call]
                pk=row["pk"], parent_id=row["parent_id"], status=row["status"], removed_by=row["removed_by"],
                likes=row["likes"], essay=essay,
            ),
            essay=essay,
            discussion=discussion_of(row, essay, rules),
            quoted=quote(row["parent__wording__html" if is_reply else "wording__html"]),
        )  # fmt: skip
        entry.comment.quotation = row["quotation"]
        if is_reply:
            self.add_reply(entry, row)
        elif entry.kind == LIKE:
            entry.sentence = describe_likes(entry, row)
        elif entry.kind == ANSWER:
            entry.sentence = describe_answer(row, rules)
        else:
            add_decision(entry, row, rules)
        return entry

    def add_reply(self, entry: Entry, row: dict[str, Any]) -> None:
        """Add what is shown of a reply: its author, text and like button."""
        author = Commenter(name=row["commenter__name"], picture=row["commenter__picture"])
        website = row["commenter__website"] or row["commenter__profile"]
        entry.commenter = avatars.template_context(author) | {"name": author.name, "website_url": website}
        entry.is_by_author = bool(row["is_by_author"])
        entry.html = row["wording__html"] or ""
        entry.body = shorten(entry.html)
        if entry.discussion.accepts_likes:
            likes = self.likes.setdefault(entry.essay.pk, Likes(entry.essay, entry.discussion, self.commenter))
            button = likes.render_button(row["pk"], author.name, row["likes"], is_liked=bool(row["is_liked"]))
            entry.like_button = SafeString(button)


def add_decision(entry: Entry, row: dict[str, Any], rules: Rules) -> None:
    """Add what the comment's author may know of a decision, the same as under the comment."""
    record = row["record"]
    removal = Removal.from_record(json.loads(record) if isinstance(record, str) else record)
    answer = removal.answer if removal else ""
    if entry.comment.status == Status.APPROVED:
        is_back = row["verb"] == Decision.Verb.RESTORE
        sentence = (
            _("Your comment was restored and is public again.")
            if is_back
            else _("Your comment was approved and is now public.")
        )
        is_granted = removal is not None and removal.appeal is not None and removal.appeal.state == "granted"
        entry.sentence = f"{answer} {sentence}" if is_granted else sentence
    elif removal:
        entry.sentence = f"{removal.words} {answer}".strip()
        if removal.appeal or removal.may_appeal(entry.comment, rules):
            entry.appeal_url = reverse("appeal-comment", args=[entry.comment.pk])
            entry.appeal_label = _("Your appeal") if removal.appeal else _("Appeal")


def describe_likes(entry: Entry, row: dict[str, Any]) -> SafeString:
    """Say who liked the comment on a day: the last and the first person by name, if the list of likers is public."""
    total = row["amount"]
    named = [row["last_liker"], *([row["first_liker"]] if total > 1 else [])]
    names = [format_html('<bdi class="by">{}</bdi>', name) for name in named if name]
    if not entry.discussion.accepts_likes or not names:
        text = ngettext("%(count)d person liked your comment.", "%(count)d people liked your comment.", total)
        return SafeString(text % {"count": total})
    rest = total - len(names)
    first, second = names[0], names[1] if len(names) > 1 else ""
    if not rest:
        text = _("%(first)s and %(second)s liked your comment.") if second else _("%(first)s liked your comment.")
        return mark_safe(text % {"first": first, "second": second})  # noqa: S308 – names are escaped above
    others = ngettext("%(count)d other", "%(count)d others", rest) % {"count": rest}
    link = format_html('<a href="{}">{}</a>', reverse("like-comment", args=[entry.comment.pk]), others)
    text = (
        _("%(first)s, %(second)s and %(others)s liked your comment.")
        if second
        else _("%(first)s and %(others)s liked your comment.")
    )
    return mark_safe(text % {"first": first, "second": second, "others": link})  # noqa: S308


def describe_answer(row: dict[str, Any], rules: Rules) -> str:
    """Say what an author of the essay answered, and whether they picked the comment."""
    name = row["author_answer__by__name"] or row["author_answer__by__username"] or _("The author")
    sentences = []
    match row["author_answer__label"]:
        case AuthorAnswer.Label.CORRECTED if row["author_answer__revision__version"]:
            sentences.append(_("%(name)s corrected the essay after your comment."))
        case AuthorAnswer.Label.STANDS:
            sentences.append(_("%(name)s answered your comment: “I stand by this.”"))
        case AuthorAnswer.Label.MISREAD:
            sentences.append(_("%(name)s answered your comment: “Not what I said.”"))
    if rules.authors_pick and row["author_answer__is_strongest"]:
        sentences.append(_("%(name)s chose your comment as the strongest objection."))
    elif rules.authors_pick and row["author_answer__is_picked"]:
        sentences.append(_("%(name)s picked your comment."))
    return " ".join(sentences) % {"name": name} if sentences else ""


def essay_of(row: dict[str, Any]) -> Essay:
    """Return the essay of a row, with what its title and address need."""
    names = ("kind", "title", "slug", "dated", "published", "language")
    return Essay(pk=row["essay_id"], **{name: row[f"essay__{name}"] for name in names})


def discussion_of(row: dict[str, Any], essay: Essay, rules: Rules) -> Discussion:
    """Return the settings of the essay of a row; a missing row means the defaults."""
    essay.published = as_datetime(essay.published)
    if row["essay__discussion__may_be_liked"] is None:
        return Discussion(essay=essay, rules=rules)
    names = ("may_be_liked", "is_open", "own_close_after_days")
    return Discussion(essay=essay, rules=rules, **{name: row[f"essay__discussion__{name}"] for name in names})


def quote(html: str | None) -> str:
    """Return the beginning of a comment on one line."""
    text = " ".join(markup.plain_text(html).split()) if html else ""
    return Truncator(text).chars(MAX_QUOTED, truncate="…")


def shorten(html: str) -> SafeString:
    """Return a short reply as it is, and the first words of a long one."""
    text = markup.plain_text(html)
    if len(text) <= MAX_SHOWN:
        return mark_safe(markup.make_focusable(html))  # noqa: S308 – cleaned when it was saved
    first = Truncator(Truncator(text).words(MAX_WORDS, truncate="…")).chars(MAX_SHOWN, truncate="…")
    return format_html("<p>{}</p>", first)


__all__ = ("ANSWER", "DECISION", "LIKE", "REPLY", "Entry", "RepliesPage", "find_page")
