"""Like buttons and counts of essays and comments, worded with the owner's choice of noun."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from html import escape  # as Django's, and ten times as fast
from typing import Any

from django.db.models import Case, F, When
from django.http import HttpRequest
from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts.models import Commenter
from accounts.profiles import avatars
from blog.models import Essay
from comments.models import Comment, Discussion, Like, Rules
from comments.screening import author_record
from comments.threads.pages import requested_order
from comments.threads.rendering import PrecompiledTemplate, placeholder, placeholders
from comments.threads.tree import Row

MAX_NAMES = 60
MAX_FACES = 5


def describe_likes(likers: str, count: int, *, is_liked: bool) -> str:
    """Describe how many like it, and whether the reader is one of them."""
    if count < 1:
        return _("Be the first to like this.")
    if is_liked and count == 1:
        return _("You like this.")
    others = count - is_liked
    match likers:
        case Rules.Likers.READER if is_liked:
            text = ngettext("You and one other reader like this.", "You and %(count)d other readers like this:", others)
        case Rules.Likers.READER:
            text = ngettext("One reader likes this.", "%(count)d readers like this:", others)
        case Rules.Likers.PERSON if is_liked:
            text = ngettext("You and one other person like this.", "You and %(count)d other people like this:", others)
        case Rules.Likers.PERSON:
            text = ngettext("One person likes this.", "%(count)d people like this:", others)
        case _blogger if is_liked:
            text = ngettext(
                "You and one other blogger like this.", "You and %(count)d other bloggers like this:", others
            )
        case _blogger:
            text = ngettext("One blogger likes this.", "%(count)d bloggers like this:", others)
    return text % {"count": others}


@dataclass
class Likes:
    """The likes of an essay and its comments, as the reader of a page sees them."""

    essay: Essay
    discussion: Discussion
    commenter: Commenter | None
    order: str = ""  # of the threads, if not the default
    buttons: dict[tuple[int, bool], PrecompiledTemplate] = field(default_factory=dict)

    @classmethod
    def for_request(cls, request: HttpRequest, essay: Essay, **columns: Any) -> "Likes | None":
        """Return the likes of this request's page, created on the first call; None if likes are off.

        `columns`: more columns to read for a known visitor; see newest_likes().
        """
        known: Any = request
        if not hasattr(known, "likes"):
            commenter = known.commenter or None
            # The combined query is expensive. Unknown visitors' pages use a second one, and only if there are likes.
            is_known = Discussion._meta.get_field("essay").remote_field.is_cached(essay)
            newest = None
            if commenter and not is_known:
                newest = newest_likes(essay, commenter, known.META["REMOTE_ADDR"], **columns)
            discussion = Discussion.objects.for_essay(essay)
            order = requested_order(request)
            found = cls(essay, discussion, commenter, order if order != discussion.order else "")
            if newest is not None:
                found.newest = newest
            known.likes = found if discussion.accepts_likes else None
        return known.likes  # type: ignore[no-any-return]

    @property
    def row_settings(self) -> tuple[object, ...]:
        """Return what the buttons of comments in their thread depend on besides the comment."""
        return self.order, self.discussion.rules.likers, self.may_like

    @property
    def may_like(self) -> bool:
        has_account = self.commenter is not None and self.commenter.user_id is not None
        return has_account or self.discussion.rules.guests_may_like

    @cached_property
    def newest(self) -> list[Like]:
        """Return the essay's newest likes: the viewer's own, then the last few with a name."""
        return newest_likes(self.essay, self.commenter) if self.discussion.likes else []

    @property
    def is_liked(self) -> bool:
        """Whether the reader likes the essay."""
        return self.commenter is not None and any(like.commenter_id == self.commenter.pk for like in self.newest)

    def has_liked(self, comment: Comment) -> bool:
        """Return whether the reader likes this comment."""
        commenter = self.commenter
        return commenter is not None and Like.objects.for_target(comment).filter(commenter=commenter.pk).exists()

    def describe(self, count: int, *, is_liked: bool) -> str:
        """Describe how many like it, in the owner's word for them."""
        return describe_likes(self.discussion.rules.likers, count, is_liked=is_liked)

    def render_essay_button(self, *, is_alone: bool = False) -> SafeString:
        """Render the essay's button; `is_alone`: on the page that lists the people below it."""
        count, is_liked = self.discussion.likes, self.is_liked
        context = {
            "url": f"{self.essay.get_absolute_url()}like/",
            "count": count,
            "is_liked": is_liked,
            "sentence": self.describe(count, is_liked=is_liked),
            "other_sentence": self.describe(count + (-1 if is_liked else 1), is_liked=not is_liked)
            if self.may_like
            else "",
            "faces": [] if is_alone else faces(sorted(self.newest, key=lambda like: -like.pk))[:MAX_FACES],
            "is_alone": is_alone,
        }
        return SafeString(get_template("comments/_likes.html").render(context))

    def render_row_button(self, row: Row) -> str:
        """Render the button of a comment in its thread."""
        return self.render_button(row.pk, row.name, row.likes, is_liked=bool(row.is_liked))

    def render_comment_button(self, comment: Comment) -> SafeString:
        """Render the button of a comment outside of its thread."""
        is_liked = self.has_liked(comment)
        return SafeString(self.render_button(comment.pk, comment.commenter.name, comment.likes, is_liked=is_liked))

    def render_button(self, pk: int, name: str, count: int, *, is_liked: bool) -> str:
        """Render a comment's button by joining strings, since a page may have a thousand."""
        key = count, is_liked
        if key not in self.buttons:
            self.buttons[key] = self.compile(count, is_liked=is_liked)
        return self.buttons[key].fill({"pk": str(pk), "name": escape(name)})

    def compile(self, count: int, *, is_liked: bool) -> PrecompiledTemplate:
        """Compile the button for all comments with this count."""
        other = count + (-1 if is_liked else 1)
        values = {
            "query": escape(f"?order={self.order}") if self.order else "",
            "count": str(count or ""),
            "other": str(other or ""),
            "label": escape(self.describe(count, is_liked=is_liked)),
        }
        return compiled_button(get_language() or "", is_liked, bool(count), self.may_like).bind(values)


def newest_likes(essay: Essay, commenter: Commenter | None, address: str = "", **columns: Any) -> list[Like]:
    """Return the newest likes of an essay: the viewer's own first, then those with a name.

    The same query caches the essay's discussion and rules on the essay. With the address of a known reader it also
    reads what screening needs to know about them. `columns`: more columns, whose values are stored on the essay.
    """
    known = author_record.query_columns(commenter, essay, address) if commenter and address else {}
    found: Any = Discussion.objects.filter(essay=essay).select_related("rules")
    liker = "essay__likes__commenter"
    found = found.annotate(
        like=F("essay__likes"), who=F(liker), who_name=F(f"{liker}__name"), who_picture=F(f"{liker}__picture"),
        is_own=Case(When(**{liker: commenter.pk if commenter else 0}, then=1), default=0),
        is_nameless=Case(When(**{f"{liker}__name": ""}, then=1), default=0),
        **known, **columns,
    )  # fmt: skip
    rows = list(found.order_by("-is_own", "is_nameless", "-like")[: MAX_FACES + 1])
    if rows:
        rows[0].essay = essay
        for name in columns:
            setattr(essay, name, getattr(rows[0], name))
        if known and commenter:
            essay.author_record = author_record.from_row(rows[0], commenter)  # type: ignore[attr-defined]
    likers = [(row.like, Commenter(pk=row.who, name=row.who_name, picture=row.who_picture)) for row in rows if row.like]
    return [Like(pk=pk, commenter=commenter) for pk, commenter in likers]


@lru_cache
def compiled_button(language: str, is_liked: bool, has_count: bool, may_like: bool) -> PrecompiledTemplate:
    """Compile a comment's button with placeholders. All arguments are keys of the cache."""
    places: Mapping[str, Any] = placeholders("name", "count", "other", "label")
    url = SafeString(f"/comments/{placeholder('pk')}/like/{placeholder('query')}")
    flags = {"is_liked": is_liked, "has_count": has_count, "may_like": may_like}
    return PrecompiledTemplate.prerender("comments/_like.html", {**places, **flags, "url": url})


def faces(likes: Iterable[Like]) -> list[dict[str, Any]]:
    """Return the pictures and names of those who gave a name."""
    people = [like.commenter for like in likes if like.commenter.name]
    return [avatars.template_context(commenter) | {"name": commenter.name} for commenter in people]


def list_likers(target: Essay | Comment, count: int) -> dict[str, Any]:
    """Return the people to list as `named`, and the numbers of guests without a name and of people not listed."""
    newest = Like.objects.for_target(target).exclude(commenter__name="").select_related("commenter").order_by("-pk")
    named = faces(newest[:MAX_NAMES]) if count else []
    rest = count - len(named)
    nameless = Like.objects.for_target(target).filter(commenter__name="").count() if rest else 0
    return {"named": named, "nameless": nameless, "more": max(0, rest - nameless)}
