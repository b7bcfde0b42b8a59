"""Rendering of a page of threads. Each comment's own markup is cached; what depends on the page is filled in."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from html import escape  # as Django's, and ten times as fast
from typing import Any

from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from accounts.profiles import avatars
from blog import markup
from comments.models import Comment
from comments.screening import reasons
from comments.threads import dates
from comments.threads.pages import More
from comments.threads.tree import Move, Row, Shown, Step
from comments.threads.viewer import Own, Told

TOKEN = re.compile(r"<!--(\w+)-->")
KEPT_AT_MOST = 20_000
JOINED = ("commenter", "wording")
DRAWN = (
    "created", "edited", "wording__html",
    "commenter__name", "commenter__website", "commenter__profile", "commenter__picture", "commenter__mark",
)  # fmt: skip
FILLED_ON_THE_PAGE = ("described", "marks", "in_reply_to", "notice", "lang", "actions")

Key = tuple[int, str, str, str, str]


class Stencil:
    """A template rendered once with placeholders, which are filled by joining strings: no lookups, no escaping.

    Values are HTML. User input cannot contain a placeholder, an HTML comment: names are escaped and texts cleaned.
    """

    __slots__ = ("format", "names", "parts")

    def __init__(self, parts: list[str], names: list[str]) -> None:
        self.parts, self.names = parts, names
        self.format = "%s".join(part.replace("%", "%%") for part in parts)

    @classmethod
    def of(cls, template: str, context: Mapping[str, Any]) -> "Stencil":
        pieces = TOKEN.split(get_template(template).render(dict(context)))
        return cls(pieces[::2], pieces[1::2])

    def fill(self, values: Mapping[str, str]) -> str:
        return self.format % tuple([values[name] for name in self.names])

    def bind(self, values: Mapping[str, str]) -> "Stencil":
        """Fill some placeholders and return a template with the others."""
        parts, names, run = [], [], [self.parts[0]]
        for name, part in zip(self.names, self.parts[1:], strict=True):
            if name in values:
                run += (values[name], part)
            else:
                parts.append("".join(run))
                names.append(name)
                run = [part]
        return Stencil([*parts, "".join(run)], names)


def open_place(name: str) -> SafeString:
    return SafeString(f"<!--{name}-->")


def open_places(*names: str) -> dict[str, SafeString]:
    return {name: open_place(name) for name in names}


@lru_cache
def of_any_comment(language: str, has_website: bool, has_picture: bool, is_verified: bool, is_edited: bool) -> Stencil:
    """_comment.html in a language with only placeholders, rendered once instead of once per comment."""
    comment = {"pk": open_place("pk"), "get_absolute_url": open_place("url"), "edited": is_edited}
    commenter = open_places("name", "initials", "hue") | {
        "website_url": open_place("website") if has_website else "",
        "picture": open_place("picture") if has_picture else "",
        "mark": open_place("mark") if is_verified else "",
    }
    rest = open_places("iso", "when", "edited_iso", "edited_when", "body", *FILLED_ON_THE_PAGE)
    return Stencil.of("comments/_comment.html", {"comment": comment, "commenter": commenter, **rest})


@lru_cache
def of_any_page(language: str, template: str, *places: str) -> Stencil:
    return Stencil.of(template, open_places(*places))


@lru_cache
def actions_with_reply(language: str) -> Stencil:
    url = SafeString(f"{open_place('reply_to')}{open_place('comment')}#respond")
    return Stencil.of(
        "comments/_actions.html", {**open_places("comment", "name", "likes", "report", "own"), "url": url}
    )


class Kept:
    """Cache of comments' own markup by (comment, its `changed`, its Commenter's `changed`, language, time zone)."""

    def __init__(self) -> None:
        self.stencils: dict[Key, Stencil] = {}

    def of(self, rows: Iterable[Row]) -> dict[int, Stencil]:
        """The rows' templates by primary key; one query for those that are not cached."""
        language, zone = get_language() or "", timezone.get_current_timezone_name()
        keys = {row.pk: (row.pk, row.changed, row.commenter_changed, language, zone) for row in rows}
        found = {pk: stencil for pk, key in keys.items() if (stencil := self.stencils.get(key))}
        missing = [pk for pk in keys if pk not in found]
        if missing:
            if len(self.stencils) + len(missing) > KEPT_AT_MOST:
                self.stencils.clear()
            for comment in Comment.objects.filter(pk__in=missing).order_by().select_related(*JOINED).only(*DRAWN):
                found[comment.pk] = self.stencils[keys[comment.pk]] = draw(comment)
        return found


kept = Kept()


def draw(comment: Comment) -> Stencil:
    """Render a comment's own markup, with placeholders for what depends on the page."""
    commenter = comment.commenter
    face = avatars.face(commenter)
    website = commenter.website or commenter.profile
    has = (bool(website), bool(commenter.picture), bool(commenter.mark), comment.edited is not None)
    return of_any_comment(get_language() or "", *has).bind(
        {
            "pk": str(comment.pk),
            "url": f"/comments/{comment.pk}/",  # as reverse() returns, for a fifth of the cost
            **moment("", comment.created),
            **(moment("edited_", comment.edited) if comment.edited else {}),
            "name": escape(commenter.name),
            "initials": escape(face["initials"]),
            "hue": str(face["hue"]),
            "picture": escape(face["picture"]),
            "website": escape(website),
            "mark": escape(commenter.mark),
            "body": markup.reachable(comment.wording.html) if comment.wording else "",  # cleaned when it was saved
        }
    )


def moment(name: str, time: datetime) -> dict[str, str]:
    return {f"{name}iso": time.isoformat(timespec="seconds"), f"{name}when": dates.in_words(time)}


@dataclass(kw_only=True)
class Page:
    """Renderer of one page: everything that is not in the comments' cached markup."""

    authors: frozenset[int]
    lang: str  # attribute of comment texts: people answer in the essay's language
    reply_to: str  # URL prefix of the form under a comment; the primary key follows
    branch_url: str  # URL of the rest of the branch that is cut off below the last level
    is_open: bool
    told: Mapping[int, Told]  # by comment, for its author only
    own: Mapping[int, Own]  # by comment, links for its author
    likes: Callable[[Row], str] | None  # renders a comment's like button
    form_under: int | None
    form: str
    more: Mapping[int, More]
    elsewhere: Mapping[int, str]
    may_report: bool
    removals: Mapping[int, str]  # text of a comment's tombstone, if it shows a reason

    def __post_init__(self) -> None:
        language = get_language() or ""
        self.report = of_any_page(language, "comments/_report.html", "pk", "name") if self.may_report else None
        self.actions = actions_with_reply(language).bind({"reply_to": escape(self.reply_to)}) if self.is_open else None
        self.actions_but_reply = of_any_page(language, "comments/_actions.html", "likes", "report", "own")
        self.in_reply_to = of_any_page(language, "comments/_in_reply_to.html", "pk", "url", "name")
        self.nested_under = of_any_page(language, "comments/_in_reply_to.html", "pk", "name")
        self.author_mark = of_any_page(language, "comments/_author.html").fill({})
        self.tombstones: dict[tuple[str, str], str] = {}
        self.openings: dict[int, str] = {}

    def html(self, steps: list[Step]) -> SafeString:
        names = {step.row.pk: step.row.name if step.shown is not Shown.GONE else None for step in steps}
        words = kept.of(step.row for step in steps if step.move is Move.COMMENT and step.shown is not Shown.GONE)
        return SafeString("".join([self.step(step, words, names) for step in steps]))

    def step(self, step: Step, words: Mapping[int, Stencil], names: Mapping[int, str | None]) -> str:
        match step.move:
            case Move.COMMENT:
                return self.opening(step) + self.comment(step, words, names)
            case Move.REPLIES:
                return self.replies_opening(step.replies)
            case Move.END_REPLIES:
                return "</ol></details>"
            case Move.MORE:
                more = self.more[step.row.pk]
                return f'<p class="rest"><a href="{escape(more.url)}" rel="nofollow">{escape(more.words)}</a></p>'
            case Move.CONTINUE:
                return self.onward(step)
            case Move.END_COMMENT:
                return "</li>"

    def onward(self, step: Step) -> str:
        pk = step.row.pk
        whose = "" if step.shown is Shown.GONE else f' aria-describedby="by-{pk}"'
        words = escape(gettext("Continue this thread"))
        return f'<p class="branch"><a href="{escape(self.branch_url)}" rel="nofollow"{whose}>{words}</a></p>'

    def replies_opening(self, count: int) -> str:
        if count not in self.openings:
            words = ngettext("%(count)d reply", "%(count)d replies", count) % {"count": count}
            self.openings[count] = f'<details class="replies" open><summary>{escape(words)}</summary><ol>'
        return self.openings[count]

    def opening(self, step: Step) -> str:
        row = step.row
        kind = {Shown.WHOLE: "", Shown.HELD: " held", Shown.GONE: " gone"}[step.shown]
        if step.shown is Shown.WHOLE and row.user in self.authors:
            kind = " by-author"
        is_held = step.shown is Shown.HELD and not row.is_removed
        status = "pending" if is_held else row.status  # also if the filter marked it as spam
        return f'<li id="comment-{row.pk}" class="comment{kind}" data-status="{status}">'

    def comment(self, step: Step, words: Mapping[int, Stencil], names: Mapping[int, str | None]) -> str:
        row = step.row
        if step.shown is Shown.GONE:
            return self.tombstone(row.removed_by, self.removals.get(row.pk, ""))
        actions = ""
        pk, name = str(row.pk), escape(row.name)
        in_reply_to = self.whom_it_answers(step, names)
        own = self.what_its_writer_can_do(row.pk)
        likes = self.likes(row) if self.likes and step.shown is Shown.WHOLE else ""
        report = ""
        if self.report and step.shown is Shown.WHOLE and not own:  # no reports of own comments
            report = self.report.fill({"pk": pk, "name": name})
        if step.shown is Shown.WHOLE and self.actions:
            values = {"comment": pk, "name": name, "likes": likes, "report": report, "own": own}
            actions = self.actions.fill(values)
        elif own or likes or report:
            actions = self.actions_but_reply.fill({"likes": likes, "report": report, "own": own})
        drawn = words[row.pk].fill(
            {
                "described": f' aria-describedby="to-{row.pk}"' if in_reply_to else "",
                "marks": self.author_mark if row.user in self.authors else "",
                "in_reply_to": in_reply_to,
                "notice": self.told_about("comments/_held.html", row.pk),
                "lang": self.lang,
                "actions": self.told_about("comments/_offer.html", row.pk) + actions,
            }
        )
        return drawn + self.form if row.pk == self.form_under else drawn

    def whom_it_answers(self, step: Step, names: Mapping[int, str | None]) -> str:
        """The line that names the parent's author: visible if the nesting does not show it, else for screen readers."""
        pk, parent = str(step.row.pk), step.row.parent
        name = parent and (self.elsewhere.get(parent) or names.get(parent))
        if not parent or not name:
            return ""
        if not step.is_deeper:
            return self.nested_under.fill({"pk": pk, "name": escape(name)})
        url = reverse("comment", args=[parent]) if parent in self.elsewhere else f"#comment-{parent}"
        return self.in_reply_to.fill({"pk": pk, "url": url, "name": escape(name)})

    def tombstone(self, by: str, why: str) -> str:
        if (by, why) not in self.tombstones:
            html = get_template("comments/_tombstone.html").render({"by": by, "why": why})
            self.tombstones[by, why] = html
        return self.tombstones[by, why]

    def what_its_writer_can_do(self, pk: int) -> str:
        own = self.own.get(pk)
        return get_template("comments/_own.html").render({"own": own}) if own else ""

    def told_about(self, template: str, pk: int) -> str:
        told = self.told.get(pk)
        return get_template(template).render({"told": told, "why": reasons.to_writer(told.reasons)}) if told else ""
