"""A page of threads as HTML. A comment's own markup is made once and kept; what hangs on the page is filled in."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from zlib import crc32

from django.template.loader import get_template
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext

from comments import screening
from comments.models import Comment
from comments.thread import Move, Row, Shown, Step

TOKEN = re.compile(r"<!--(\w+)-->")
KEPT_AT_MOST = 20_000
HUES = 12

Key = tuple[int, datetime, datetime, str, str]


class Stencil:
    """A template rendered once, with places left open that are filled by joining strings."""

    __slots__ = ("names", "parts")

    def __init__(self, template: str, places: Iterable[str], **context: Any) -> None:
        open_places = {name: mark_safe(f"<!--{name}-->") for name in places}  # noqa: S308 – our own names
        # what people write holds no HTML comment: names are escaped, words are cleaned
        html = get_template(template).render({**context, **open_places})
        pieces = TOKEN.split(html)
        self.parts, self.names = pieces[::2], pieces[1::2]

    def fill(self, values: Mapping[str, str]) -> str:
        filled = [self.parts[0]]
        for name, part in zip(self.names, self.parts[1:], strict=True):
            filled += (values[name], part)
        return "".join(filled)


class Kept:
    """Comments' own markup by (comment, its `changed`, its Commenter's `changed`, language, time zone)."""

    def __init__(self) -> None:
        self.stencils: dict[Key, Stencil] = {}

    def of(self, rows: Iterable[Row]) -> dict[int, Stencil]:
        """The rows' stencils; one query for the words of those that are not kept."""
        language, zone = get_language() or "", timezone.get_current_timezone_name()
        keys = {row.pk: (row.pk, row.changed, row.commenter_changed, language, zone) for row in rows}
        found = {pk: stencil for pk, key in keys.items() if (stencil := self.stencils.get(key))}
        missing = [pk for pk in keys if pk not in found]
        if missing:
            if len(self.stencils) + len(missing) > KEPT_AT_MOST:
                self.stencils.clear()
            for comment in Comment.objects.filter(pk__in=missing).select_related("commenter", "wording"):
                found[comment.pk] = self.stencils[keys[comment.pk]] = draw(comment)
        return found


kept = Kept()


def draw(comment: Comment) -> Stencil:
    commenter = comment.commenter
    return Stencil(
        "comments/_comment.html",
        ("marks", "in_reply_to", "notice", "actions"),
        comment=comment,
        commenter=face(commenter.name) | {"name": commenter.name, "website_url": commenter.website},
        body=mark_safe(comment.wording.html if comment.wording else ""),  # noqa: S308 – cleaned when it was saved
    )


def face(name: str) -> dict[str, Any]:
    """What stands for a picture: initials, in a colour of the name's own."""
    words = [word for word in re.split(r"[\s.·_-]+", name) if word[:1].isalnum()]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return {"initials": "".join(letters).upper() or "·", "hue": crc32(name.casefold().encode()) % HUES}


class Page:
    """Everything about one page that its comments' markup does not hold."""

    def __init__(
        self,
        *,
        authors: frozenset[int],
        reply_to: str,
        is_open: bool,
        form_under: int | None = None,
        form: str = "",
    ) -> None:
        """`reply_to`: the address of the form under a comment, with its key left open as `<!--comment-->`."""
        self.authors = authors
        self.form_under = form_under
        self.form = form
        places = ("comment", "name")
        url = mark_safe(escape(reply_to).replace("&lt;!--comment--&gt;", "<!--comment-->"))  # noqa: S308
        self.actions = Stencil("comments/_actions.html", places, url=url) if is_open else None
        self.in_reply_to = Stencil("comments/_in_reply_to.html", ("url", "name"))
        self.author_mark = get_template("comments/_author.html").render({})
        self.tombstones: dict[str, str] = {}

    def html(self, steps: list[Step]) -> Iterator[SafeString]:
        names = {step.row.pk: step.row.name if step.shown is not Shown.GONE else None for step in steps}
        words = kept.of(step.row for step in steps if step.move is Move.COMMENT and step.shown is not Shown.GONE)
        notices = self.notices(step.row.pk for step in steps if step.move is Move.COMMENT and step.shown is Shown.HELD)
        for step in steps:
            yield mark_safe(self.step(step, words, names, notices))  # noqa: S308 – made of what was escaped or cleaned

    def step(
        self, step: Step, words: Mapping[int, Stencil], names: Mapping[int, str | None], notices: Mapping[int, str]
    ) -> str:
        match step.move:
            case Move.COMMENT:
                return self.opening(step) + self.comment(step, words, names, notices)
            case Move.REPLIES:
                count = ngettext("%(count)d reply", "%(count)d replies", step.replies) % {"count": step.replies}
                return f'<details class="replies" open><summary>{escape(count)}</summary><ol>'
            case Move.END_REPLIES:
                return "</ol></details>"
            case Move.END_COMMENT:
                return "</li>"

    def opening(self, step: Step) -> str:
        row = step.row
        kind = {Shown.WHOLE: "", Shown.HELD: " held", Shown.GONE: " gone"}[step.shown]
        if step.shown is Shown.WHOLE and row.user in self.authors:
            kind = " by-author"
        return f'<li id="comment-{row.pk}" class="comment{kind}" data-status="{row.status}">'

    def comment(
        self, step: Step, words: Mapping[int, Stencil], names: Mapping[int, str | None], notices: Mapping[int, str]
    ) -> str:
        row = step.row
        if step.shown is Shown.GONE:
            return self.tombstone(row.removed_by)
        in_reply_to = actions = ""
        if step.is_deeper and row.parent and (name := names.get(row.parent)):
            in_reply_to = self.in_reply_to.fill({"url": f"#comment-{row.parent}", "name": escape(name)})
        if step.shown is Shown.WHOLE and self.actions:
            actions = self.actions.fill({"comment": str(row.pk), "name": escape(row.name)})
        drawn = words[row.pk].fill(
            {
                "marks": self.author_mark if row.user in self.authors else "",
                "in_reply_to": in_reply_to,
                "notice": notices.get(row.pk, ""),
                "actions": actions,
            }
        )
        return drawn + self.form if row.pk == self.form_under else drawn

    def tombstone(self, by: str) -> str:
        if by not in self.tombstones:
            self.tombstones[by] = get_template("comments/_tombstone.html").render({"by": by})
        return self.tombstones[by]

    def notices(self, keys: Iterable[int]) -> dict[int, str]:
        """What the writer of a held comment is told about it."""
        held = list(keys)
        if not held:
            return {}
        template = get_template("comments/_held.html")
        rows = Comment.objects.filter(pk__in=held).values_list("pk", "wording__reasons")
        return {pk: template.render({"follows": screening.to_writer(reasons or [])}) for pk, reasons in rows}
