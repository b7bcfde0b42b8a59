"""Rendering of a page of threads.

Threads that have not changed are not rendered again. In others each comment's own markup is cached, and what depends on
the page is filled in.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache
from html import escape  # as Django's, and ten times as fast
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from django.conf import settings
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from accounts.profiles import avatars
from blog import markup
from comments.models import Comment
from comments.screening import reasons
from comments.threads import dates, removals
from comments.threads.pages import MoreReplies, ThreadPage
from comments.threads.remarks import RemarkLines
from comments.threads.tree import Move, Row, Shown, Step
from comments.threads.viewer import AuthorActions, AuthorNotice
from pagecache.store import Store, Stored

PLACEHOLDER = re.compile(r"<!--(\w+)-->")
MAX_CACHED = 10_000
ROW_SIZE = 600  # bytes in memory, about
COLUMNS = (
    "pk", "created", "edited", "wording__html",
    "commenter__name", "commenter__website", "commenter__profile", "commenter__picture", "commenter__mark",
)  # fmt: skip
PAGE_PLACEHOLDERS = ("marks", "in_reply_to", "notice", "lang", "actions")

Key = tuple[int, str, str, str, str]


class CommentContent(NamedTuple):
    """What a comment itself shows, as COLUMNS names it: model instances would take a third of a page's time."""

    pk: int
    created: datetime
    edited: datetime | None
    html: str | None
    name: str
    website: str
    profile: str
    picture: str
    mark: str


class PrecompiledTemplate:
    """A template rendered once with placeholders, which are filled by joining strings: no lookups, no escaping.

    Values are HTML. User input cannot contain a placeholder, an HTML comment: names are escaped and texts cleaned.
    """

    __slots__ = ("format", "names", "parts")

    def __init__(self, parts: list[str], names: list[str]) -> None:
        self.parts, self.names = parts, names
        self.format = "%s".join(part.replace("%", "%%") for part in parts)

    @classmethod
    def prerender(cls, template: str, context: Mapping[str, Any]) -> "PrecompiledTemplate":
        """Render a template whose context contains placeholders."""
        pieces = PLACEHOLDER.split(get_template(template).render(dict(context)))
        return cls(pieces[::2], pieces[1::2])

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the HTML with all placeholders filled."""
        return self.format % tuple([values[name] for name in self.names])

    def bind(self, values: Mapping[str, str]) -> "PrecompiledTemplate":
        """Fill some placeholders and return a template with the others, which can only be filled."""
        parts, names, run = [], [], [self.parts[0]]
        for name, part in zip(self.names, self.parts[1:], strict=True):
            if name in values:
                run += (values[name], part)
            else:
                parts.append("".join(run))
                names.append(name)
                run = [part]
        bound = PrecompiledTemplate([*parts, "".join(run)], names)
        bound.parts = []  # half of its memory
        return bound


def placeholder(name: str) -> SafeString:
    """Return an HTML comment for a template's context, which PrecompiledTemplate finds again."""
    return SafeString(f"<!--{name}-->")


def placeholders(*names: str) -> dict[str, SafeString]:
    """Return placeholders for these names, as template context."""
    return {name: placeholder(name) for name in names}


@lru_cache
def comment_template(
    language: str, has_website: bool, has_picture: bool, is_verified: bool, is_edited: bool
) -> PrecompiledTemplate:
    """_comment.html in a language with only placeholders, rendered once instead of once per comment."""
    comment = {"pk": placeholder("pk"), "get_absolute_url": placeholder("url"), "edited": is_edited}
    commenter = placeholders("name", "initials", "hue") | {
        "website_url": placeholder("website") if has_website else "",
        "picture": placeholder("picture") if has_picture else "",
        "mark": placeholder("mark") if is_verified else "",
    }
    rest = placeholders("iso", "when", "edited_iso", "edited_when", "body", *PAGE_PLACEHOLDERS)
    return PrecompiledTemplate.prerender("comments/_comment.html", {"comment": comment, "commenter": commenter, **rest})


@lru_cache
def page_template(language: str, template: str, *places: str) -> PrecompiledTemplate:
    """A template with only these placeholders, cached by language."""
    return PrecompiledTemplate.prerender(template, placeholders(*places))


@lru_cache
def actions_with_reply(language: str) -> PrecompiledTemplate:
    """The buttons of a comment that accepts replies, with placeholders, cached by language."""
    url = SafeString(f"{placeholder('reply_to')}{placeholder('comment')}#respond")
    return PrecompiledTemplate.prerender(
        "comments/_actions.html", {**placeholders("comment", "name", "likes", "more", "own_links"), "url": url}
    )


class CommentHTMLCache:
    """Cache of comments' own markup by (comment, its `changed`, its Commenter's `changed`, language, time zone)."""

    def __init__(self) -> None:
        self.templates: dict[Key, PrecompiledTemplate] = {}

    def get_many(self, rows: Iterable[Row]) -> dict[int, PrecompiledTemplate]:
        """Return the comments' markup as templates, by primary key; one query for those that are not cached."""
        language, zone = get_language() or "", timezone.get_current_timezone_name()
        keys = {row.pk: (row.pk, row.changed, row.commenter_changed, language, zone) for row in rows}
        found = {pk: template for pk, key in keys.items() if (template := self.templates.get(key))}
        missing = [pk for pk in keys if pk not in found]
        if missing:
            if len(self.templates) + len(missing) > MAX_CACHED:
                self.drop_oldest(len(missing) + MAX_CACHED // 20)
            here = timezone.get_current_timezone()
            for row in Comment.objects.filter(pk__in=missing).order_by().values_list(*COLUMNS):
                content = CommentContent(*row)
                found[content.pk] = self.templates[keys[content.pk]] = render_comment(content, language, here)
        return found

    def drop_oldest(self, count: int) -> None:
        """Drop those that were cached first: versions that have changed since, or of pages that no one reads now."""
        for key in list(self.templates)[:count]:
            self.templates.pop(key, None)


comment_html_cache = CommentHTMLCache()


def render_comment(comment: CommentContent, language: str, zone: tzinfo) -> PrecompiledTemplate:
    """Render a comment's own markup in the current language, with placeholders for what depends on the page."""
    edited = comment.edited
    website = comment.website or comment.profile
    has = (bool(website), bool(comment.picture), bool(comment.mark), edited is not None)
    return comment_template(language, *has).bind(
        {
            **commenter_values(comment.name, website, comment.picture, comment.mark),
            "pk": str(comment.pk),
            "url": f"/comments/{comment.pk}/",  # as reverse() returns, for a fifth of the cost
            "iso": dates.to_minutes(comment.created),
            "when": dates.format_datetime(comment.created, language, zone),
            "edited_iso": dates.to_minutes(edited) if edited else "",
            "edited_when": dates.format_datetime(edited, language, zone) if edited else "",
            "body": markup.make_focusable(comment.html) if comment.html else "",  # cleaned when it was saved
        }
    )


@lru_cache(maxsize=2000)
def commenter_values(name: str, website: str, picture: str, mark: str) -> dict[str, str]:
    """Return what a comment shows of its commenter, as HTML."""
    face = avatars.face(name, picture)
    values = {**face, "name": name, "website": website, "mark": mark}
    return {key: escape(str(value)) for key, value in values.items()}


@dataclass(slots=True, eq=False)
class RenderedThread(Stored):
    """The HTML of a whole thread, as everyone sees it, and the rows that it was rendered from."""

    html: str
    source: tuple[object, ...]

    @property
    def size(self) -> int:
        return sys.getsizeof(self.html) + ROW_SIZE * len(self.source)


thread_html_cache: Store[RenderedThread] = Store(settings.PAGECACHE_BYTES // 8, max_entries=10_000)


@dataclass(kw_only=True)
class ThreadRenderer:
    """Renderer of one page: everything that is not in the comments' cached markup."""

    page: ThreadPage
    authors: frozenset[int]
    lang: str  # attribute of comment texts: people answer in the essay's language
    reply_to: str  # URL prefix of the form under a comment; the primary key follows
    is_open: bool
    notices: Mapping[int, AuthorNotice]  # by comment, for its author only
    author_actions: Mapping[int, AuthorActions]  # by comment, links for its author
    likes: Callable[[Row], str] | None  # renders a comment's like button
    likes_settings: object  # what that depends on besides the row
    form_under: int | None
    form: str
    more: Mapping[int, MoreReplies]
    elsewhere: Mapping[int, str]
    folds: Callable[[Row], bool]  # whether the replies to a comment are closed at first
    has_muted: Callable[[Row], bool]  # whether the viewer muted the comment's author
    remarks: RemarkLines | None
    choices: str  # query of this page's URL: how the viewer sorts and folds

    def __post_init__(self) -> None:
        language = get_language() or ""
        self.more_link = page_template(language, "comments/_more.html", "pk", "name")
        self.muted = page_template(language, "comments/_muted.html", "name", "html", "pk", "query")
        self.actions = actions_with_reply(language).bind({"reply_to": escape(self.reply_to)}) if self.is_open else None
        self.actions_but_reply = page_template(language, "comments/_actions.html", "likes", "more", "own_links")
        self.in_reply_to = page_template(language, "comments/_in_reply_to.html", "url", "name")
        self.nested_under = page_template(language, "comments/_in_reply_to.html", "name")
        self.author_mark = page_template(language, "comments/_author.html").fill({})
        self.tombstones: dict[tuple[str, str], str] = {}
        self.openings: dict[tuple[int, bool], str] = {}
        self.removals: Mapping[int, str] = {}  # text of a comment's tombstone, if it shows a reason
        self.settings = repr(
            [language, timezone.get_current_timezone_name(), self.page.depth, sorted(self.authors), self.lang,
             self.reply_to, self.is_open, self.choices, self.likes_settings, self.remarks and self.remarks.settings]
        )  # fmt: skip

    def html(self, rows: Sequence[Row]) -> SafeString:
        """Render the whole page of threads. Those that were rendered before from the same rows are not again."""
        if not self.page.has_whole_threads:
            return SafeString("".join(html for _tree, html in self.render(rows)))
        special = {row.tree for row in rows if self.is_special(row)}
        sources = {
            tree: (
                self.more.get(thread[0].pk),
                self.folds(thread[0]),
                self.remarks and self.remarks.among(thread),
                *thread,
            )
            for tree, thread in ((tree, list(group)) for tree, group in groupby(rows, attrgetter("tree")))
        }
        found: dict[int, str] = {}
        for tree in sources.keys() - special:
            known = thread_html_cache.get((str(tree), self.settings))
            if known is not None and known.source == sources[tree]:
                found[tree] = known.html
        for tree, html in self.render([row for row in rows if row.tree not in found]):
            found[tree] = html
            if tree not in special:
                thread_html_cache.set((str(tree), self.settings), RenderedThread(html, sources[tree]))
        return SafeString("".join([found.get(tree, "") for tree in sources]))

    def is_special(self, row: Row) -> bool:
        """Return whether this comment makes its thread differ by viewer, or shows what is not in the thread's rows."""
        is_personal = row.pk in self.notices or row.pk in self.author_actions or row.pk == self.form_under
        shows_more = row.record is not None or row.parent in self.elsewhere or row.tree == self.page.cut
        return is_personal or shows_more or self.has_muted(row)

    def render(self, rows: Sequence[Row]) -> list[tuple[int, str]]:
        """Render threads, and return pairs of tree and HTML in their order."""
        steps = self.page.outline(rows, self.notices)
        if self.page.rules.tombstones_tell:
            self.removals = removals.tombstone_texts(steps)
        names = {step.row.pk: step.row.name if step.shown is not Shown.GONE else None for step in steps}
        templates = comment_html_cache.get_many(
            step.row for step in steps if step.move is Move.COMMENT and step.shown is not Shown.GONE
        )
        return [
            (tree, "".join([self.step(step, templates, names) for step in group]))
            for tree, group in groupby(steps, attrgetter("row.tree"))
        ]

    def step(self, step: Step, templates: Mapping[int, PrecompiledTemplate], names: Mapping[int, str | None]) -> str:
        """Render one step. `templates`: markup of the page's comments; `names`: of their authors, by primary key."""
        match step.move:
            case Move.COMMENT:
                return self.opening(step) + self.comment(step, templates, names)
            case Move.REPLIES:
                return self.replies_opening(step.replies, is_open=not self.folds(step.row))
            case Move.END_REPLIES:
                return "</ol></details>"
            case Move.MORE:
                more = self.more[step.row.pk]
                return f'<p class="rest"><a href="{escape(more.url)}" rel="nofollow">{escape(more.label)}</a></p>'
            case Move.CONTINUE:
                return self.onward(step)
            case Move.END_COMMENT:
                return "</li>"

    def onward(self, step: Step) -> str:
        """Render the link to the rest of a branch that is cut off below the last level."""
        words = escape(gettext("Continue this thread"))
        by = gettext("Continue this thread by %(name)s") % {"name": step.row.name}
        label = "" if step.shown is Shown.GONE else f' aria-label="{escape(by)}"'
        return f'<p class="branch"><a href="{escape(self.page.branch_url)}" rel="nofollow"{label}>{words}</a></p>'

    def replies_opening(self, count: int, *, is_open: bool) -> str:
        """Render the beginning of a list of replies, with their number."""
        if (count, is_open) not in self.openings:
            words = escape(ngettext("%(count)d reply", "%(count)d replies", count) % {"count": count})
            state = " open" if is_open else ""
            self.openings[count, is_open] = f'<details class="replies"{state}><summary>{words}</summary><ol>'
        return self.openings[count, is_open]

    def opening(self, step: Step) -> str:
        """Render the opening tag of a comment's list item."""
        row = step.row
        kind = {Shown.WHOLE: "", Shown.HELD: " held", Shown.GONE: " gone"}[step.shown]
        if self.is_muted(step):
            kind = " muted"
        elif step.shown is Shown.WHOLE and row.user in self.authors:
            kind = " by-author"
        is_held = step.shown is Shown.HELD and not row.is_removed
        status = "pending" if is_held else row.status  # also if the filter marked it as spam
        return f'<li id="comment-{row.pk}" class="comment{kind}" data-status="{status}">'

    def comment(self, step: Step, templates: Mapping[int, PrecompiledTemplate], names: Mapping[int, str | None]) -> str:
        """Render a comment or its tombstone, with its buttons and notices, and the reply form if it belongs here."""
        row = step.row
        if step.shown is Shown.GONE:
            return self.tombstone(row.removed_by, self.removals.get(row.pk, ""))
        actions = ""
        pk, name = str(row.pk), escape(row.name)
        in_reply_to = self.in_reply_to_html(step, names)
        own_links = self.author_links(row.pk) + (self.remarks.answer_link(row, self.authors) if self.remarks else "")
        likes = self.likes(row) if self.likes and step.shown is Shown.WHOLE else ""
        more = self.more_link.fill({"pk": pk, "name": name}) if step.shown is Shown.WHOLE else ""
        if step.shown is Shown.WHOLE and self.actions:
            values = {"comment": pk, "name": name, "likes": likes, "more": more, "own_links": own_links}
            actions = self.actions.fill(values)
        elif own_links or more:
            actions = self.actions_but_reply.fill({"likes": likes, "more": more, "own_links": own_links})
        mark, above, below = self.remarks.lines(row.pk) if self.remarks else ("", "", "")
        drawn = templates[row.pk].fill(
            {
                "marks": (self.author_mark if row.user in self.authors else "") + mark,
                "in_reply_to": in_reply_to + above,
                "notice": self.author_notice("comments/_author_notice.html", row.pk),
                "lang": self.lang,
                "actions": below + self.author_notice("comments/_claim_offer.html", row.pk) + actions,
            }
        )
        if self.is_muted(step):
            drawn = self.muted.fill({"name": name, "html": drawn, "pk": pk, "query": escape(self.choices)})
        return drawn + self.form if row.pk == self.form_under else drawn

    def is_muted(self, step: Step) -> bool:
        """Return whether one line is shown in place of the comment; never of the viewer's own."""
        is_own = step.row.pk in self.author_actions
        return step.shown is Shown.WHOLE and self.has_muted(step.row) and not is_own

    def in_reply_to_html(self, step: Step, names: Mapping[int, str | None]) -> str:
        """The line that names the parent's author: visible if the nesting does not show it, else for screen readers."""
        parent = step.row.parent
        name = parent and (self.elsewhere.get(parent) or names.get(parent))
        if not parent or not name:
            return ""
        if not step.is_deeper:
            return self.nested_under.fill({"name": escape(name)})
        url = reverse("comment", args=[parent]) if parent in self.elsewhere else f"#comment-{parent}"
        return self.in_reply_to.fill({"url": url, "name": escape(name)})

    def tombstone(self, by: str, why: str) -> str:
        """Render the line in place of a removed comment; `by`: its `removed_by`, `why`: the reason to show."""
        if (by, why) not in self.tombstones:
            self.tombstones[by, why] = get_template("comments/_tombstone.html").render({"by": by, "why": why})
        return self.tombstones[by, why]

    def author_links(self, pk: int) -> str:
        """Render the links to edit and delete, if the comment is the viewer's own."""
        actions = self.author_actions.get(pk)
        return get_template("comments/_author_actions.html").render({"author_actions": actions}) if actions else ""

    def author_notice(self, template: str, pk: int) -> str:
        """Render the notice about the viewer's own comment by this template, if there is one."""
        if (notice := self.notices.get(pk)) is None:
            return ""
        return get_template(template).render({"notice": notice, "why": reasons.message_to_author(notice.reasons)})
