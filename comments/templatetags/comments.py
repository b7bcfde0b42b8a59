"""The argument under an essay: `{% thread essay %}`, `{% respond essay %}`, and counts for lists."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from django import template
from django.conf import settings
from django.template import Context
from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from blog.context import ends
from blog.models import Essay
from comments.likes import rendering as likes_rendering
from comments.models import Discussion, Rules, Status
from comments.notifications.forms import NotifyForm
from comments.posting import cached_form, drafts, identity_views
from comments.posting.forms import CommentForm
from comments.threads import by_author, removals, rendering
from comments.threads.pages import ThreadPage
from comments.threads.tree import Row
from comments.threads.viewer import Told, number_in

register = template.Library()
LONG = 60  # comments of a page: of more than these, what is out of sight is not laid out (thread.css)


@register.simple_tag
def counts(essays: Iterable[Essay]) -> list[Essay]:
    """The essays, each with how many `responses` it has: one query for all."""
    listed = list(essays)
    found = Discussion.objects.responses(listed)
    for essay in listed:
        essay.responses = found.get(essay.pk, 0)  # type: ignore[attr-defined]
    return listed


@register.simple_tag
def fixed(template: str) -> SafeString:
    """A part that says the same on every page, drawn once a language."""
    return (drawn_once.__wrapped__ if settings.DEBUG else drawn_once)(template, get_language() or "")


@cache
def drawn_once(template: str, language: str) -> SafeString:
    return SafeString(get_template(template).render())


@register.simple_tag
def readers_may_follow() -> bool:
    return Rules.objects.current("readers_may_follow").readers_may_follow


@register.filter
def in_words(responses: int) -> str:
    """Return “1 comment” or “2 comments”."""
    return ngettext("%(n)d comment", "%(n)d comments", responses) % {"n": responses}


@register.simple_tag
def responses(essay: Essay) -> int:
    return Discussion.objects.of(essay).responses


@register.simple_tag
def takes_comments(essay: Essay) -> bool:
    return Discussion.objects.of(essay).takes_comments


@register.simple_tag(takes_context=True)
def thread(context: Context, essay: Essay) -> SafeString:
    """A page of the essay's threads; the form stands in it when a comment is answered without script."""
    request = context["request"]
    wish = being_answered(context)
    page = by_author.page_asked_for(request, essay, answering=wish)
    if page.discussion.takes_comments:
        ends(request, page.discussion.closes)
    rows, told = page.rows()
    answered = next((row for row in rows if row.pk == wish and row.status == Status.APPROVED), None)
    request.form_is_in_thread = answered is not None
    outline = drawn(context, page, rows, told, answered)
    shown = {**around(page, request), "outline": outline, "is_long": len(rows) > LONG}
    return SafeString(get_template("comments/_thread.html").render(shown, request))


def drawn(
    context: Context, page: ThreadPage, rows: list[Row], told: dict[int, Told], answered: Row | None
) -> SafeString:
    """The comments of a page, with all that hangs on them there."""
    steps = page.outline(rows, told)
    rules = page.discussion.rules
    likes = likes_rendering.Likes.of(context["request"], page.essay)
    return rendering.Page(
        authors=page.authors,
        lang=f' lang="{page.essay.language}"' if page.essay.lang else "",
        reply_to=page.url(replyto=""),
        branch_url=page.branch_url,
        is_open=page.discussion.takes_comments,
        told=told,
        own=page.viewer.verbs(rows),
        likes=likes.of_row if likes else None,
        form_under=answered.pk if answered else None,
        form=respond_form(context, page.essay, answered) if answered else "",
        more=page.more,
        elsewhere=page.answered_elsewhere(rows),
        may_report=rules.readers_may_report,
        removals=removals.on_tombstones(steps) if rules.tombstones_tell else {},
    ).html(steps)


def around(page: ThreadPage, request: Any) -> dict[str, Any]:
    """What stands round the comments of a page: how many there are, in which orders, and where the others are."""
    return {
        "essay": page.essay,
        "responses": page.discussion.responses,
        "is_deleted": "deleted" in request.GET,
        "depth": page.depth,
        "pager": page.pager,
        "part": page.part,
        "whole_url": page.whole_url,
        "by_author": said_by_authors(page),
        "onward": page.onward,
        "orders": orders(page, is_liked=likes_rendering.Likes.of(request, page.essay) is not None),
    }


def said_by_authors(page: ThreadPage) -> tuple[str, str, bool] | None:
    """How much, where it is read alone, and whether it is just now."""
    if not page.said_by_authors:
        return None
    words = by_author.said(page.said_by_authors, len(page.authors))
    return words, f"{page.url(number=1, by=by_author.AUTHOR)}#comments", isinstance(page, by_author.AuthorsPage)


def orders(page: ThreadPage, *, is_liked: bool) -> list[tuple[str, str, bool]]:
    """What each is called, where it is read, and whether it is the one now."""
    named = [(Rules.Order.OLDEST.value, _("Oldest")), (Rules.Order.NEWEST.value, _("Newest"))]
    if is_liked:
        named.append((Rules.Order.LIKED.value, _("Most liked")))
    return [(label, page.url_in(order), order == page.order) for order, label in named]


@register.simple_tag(takes_context=True)
def likes(context: Context, essay: Essay) -> SafeString:
    """How many like the essay, and the button that says so."""
    found = likes_rendering.Likes.of(context["request"], essay)
    return found.under_essay() if found else SafeString("")


@register.simple_tag(takes_context=True)
def takes_likes(context: Context, essay: Essay) -> bool:
    return likes_rendering.Likes.of(context["request"], essay) is not None


@register.simple_tag(takes_context=True)
def respond(context: Context, essay: Essay) -> SafeString:
    """The reply form, unless it stood in the thread, which comes first on the page."""
    return SafeString("") if context["request"].form_is_in_thread else respond_form(context, essay, None)


def being_answered(context: Context) -> int | None:
    """The key of the comment that the form of a refused reply, or the address, says is being answered."""
    form = context.get("form")
    wish = form["parent"].value() if isinstance(form, CommentForm) else context["request"].GET.get("replyto")
    return number_in(wish)


def respond_form(context: Context, essay: Essay, parent: Row | None) -> SafeString:
    request = context["request"]
    discussion = Discussion.objects.of(essay)
    rules = discussion.rules
    form = context.get("form")
    draft: Mapping[str, Any] = {}
    if not isinstance(form, CommentForm):
        if parent is None and discussion.takes_comments and cached_form.is_for(request):
            return cached_form.draw(request, essay, rules)
        draft = drafts.kept(request, essay, parent.pk if parent else None)
        form = CommentForm(initial={**draft, "parent": parent.pk if parent else ""})
    return SafeString(
        get_template("comments/_respond.html").render(
            {
                **identity_views.row(request, essay, rules, context.get("details"), draft),
                "essay": essay,
                "action": reverse_respond(essay),
                "form": form,
                "parent": parent,
                "parent_name": parent.name if parent else None,
                "is_closed": not discussion.takes_comments,
                "notify": notify_form(context, draft) if rules.readers_may_follow else None,
                "preview": context.get("preview"),
                "preview_wrong": context.get("preview_wrong"),
                "problem": context.get("problem"),
                "problem_url": context.get("problem_url"),
            },
            request,
        )
    )


def notify_form(context: Context, draft: Mapping[str, Any]) -> NotifyForm:
    """As it was sent, or left; else nothing is ticked."""
    request = context["request"]
    return NotifyForm(request.POST) if request.method == "POST" else NotifyForm(initial=dict(draft))


def reverse_respond(essay: Essay) -> str:
    return f"{essay.get_absolute_url()}respond/"
