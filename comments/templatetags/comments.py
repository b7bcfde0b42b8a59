"""Template tags for the discussion under an essay (`{% thread essay %}`, `{% respond essay %}`) and for counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django import template
from django.conf import settings
from django.template import Context
from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

import pagecache
from blog.middleware import get_site
from blog.models import Essay
from comments.likes import rendering as likes_rendering
from comments.models import AuthorAnswer, Discussion, Rules, Status
from comments.passages import body
from comments.passages.shown import Remarks
from comments.posting import cached_form, drafts, identity_views, passage_fields
from comments.posting.forms import CommentForm, NotifyForm
from comments.replies.entries import MAX_COUNTED, count_new, new_entries
from comments.threads import by_passage, rendering
from comments.threads.by_author import KINDS, AuthorsPage, FlatPage, PicksPage, QuotingPage
from comments.threads.objection import ObjectionPage, ObjectionRenderer, find_objection
from comments.threads.pages import BY_AUTHOR, FOLDED, ThreadPage, reply_count_text
from comments.threads.remarks import RemarkLines
from comments.threads.tree import Row
from comments.threads.viewer import AuthorNotice, Viewer, muted_in_browser, parse_key

register = template.Library()
LONG_PAGE = 60  # comments; a longer page skips the layout of what is off screen (thread.css)


@register.simple_tag
def with_comment_counts(essays: Iterable[Essay]) -> list[Essay]:
    """Return the essays, each with its `comment_count`, in one query."""
    listed = list(essays)
    counts_by_essay = Discussion.objects.comment_counts(listed)
    for essay in listed:
        essay.comment_count = counts_by_essay.get(essay.pk, 0)  # type: ignore[attr-defined]
    return listed


@register.simple_tag
def render_once(template: str) -> SafeString:
    """Include a template that is the same on every page, rendered once per language."""
    return (_render_once.__wrapped__ if settings.DEBUG else _render_once)(template, get_language() or "")


@cache
def _render_once(template: str, language: str) -> SafeString:
    return SafeString(get_template(template).render())


@register.simple_tag
def readers_may_follow(essay: Essay | None = None) -> bool:
    """Return whether readers may subscribe; given an essay, without a query of its own."""
    if essay is not None:
        return Discussion.objects.for_essay(essay).rules.readers_may_follow
    return Rules.objects.current("readers_may_follow").readers_may_follow


@dataclass(frozen=True)
class NewReplies:
    """The number beside the link to a person's replies."""

    count: int = 0

    def __bool__(self) -> bool:
        return self.count > 0

    @property
    def text(self) -> str:
        """The number as shown."""
        return f"{MAX_COUNTED - 1}+" if self.count >= MAX_COUNTED else str(self.count)

    @property
    def label(self) -> str:
        """The link's name for screen readers."""
        if not self.count:
            return _("Replies")
        return ngettext("Replies, %(count)s new", "Replies, %(count)s new", self.count) % {"count": self.text}


@register.simple_tag(takes_context=True)
def new_replies(context: Context) -> NewReplies:
    """Return how many replies, decisions and likes are new to the visitor; no query for unknown visitors."""
    request: Any = context.get("request")
    commenter = getattr(request, "commenter", None)
    if not commenter:
        return NewReplies()
    if not hasattr(request, "new_replies"):
        essay, muted = context.get("essay"), muted_in_browser(request)
        if isinstance(essay, Essay) and not context.get("is_preview"):  # its page has a query for known visitors
            likes_rendering.Likes.for_request(request, essay, new_replies=new_entries(commenter, muted))
        found = getattr(essay, "new_replies", None)
        request.new_replies = count_new(commenter, muted) if found is None else found
    return NewReplies(request.new_replies)


@register.filter
def count_in_words(count: int) -> str:
    """Return “1 comment” or “2 comments”."""
    return ngettext("%(n)d comment", "%(n)d comments", count) % {"n": count}


@register.simple_tag(takes_context=True)
def comment_count(context: Context, essay: Essay) -> int:
    """Return the number of comments. The reader's likes are read first, because the same query has the number."""
    likes_rendering.Likes.for_request(context["request"], essay)
    return Discussion.objects.for_essay(essay).comment_count


@register.simple_tag
def accepts_comments(essay: Essay) -> bool:
    return Discussion.objects.for_essay(essay).accepts_comments


@register.simple_tag(takes_context=True)
def thread(context: Context, essay: Essay) -> SafeString:
    """Render a page of threads, with the reply form inside when replying without JavaScript."""
    request = context["request"]
    parent_pk = requested_parent(context)
    kind: type[ThreadPage] = ThreadPage
    flat = None if parent_pk else KINDS.get(request.GET.get("by", ""))
    if flat is not None and flat.has_any(essay):
        kind = flat
    elif not parent_pk and "on" in request.GET and by_passage.find_remarks(request, essay):
        kind = by_passage.PassagePage
    page = kind.from_request(request, essay, answering=parent_pk)
    if page.discussion.accepts_comments:
        pagecache.expire_page_at(request, page.discussion.closes)
    rows, notices = page.rows()
    replied_to = next((row for row in rows if row.pk == parent_pk and row.status == Status.APPROVED), None)
    request.form_is_in_thread = replied_to is not None
    outline = render_comments(context, page, rows, notices, replied_to)
    values = {**thread_context(page, request), "outline": outline, "is_long": len(rows) > LONG_PAGE}
    return SafeString(get_template("comments/_thread.html").render(values, request))


def render_comments(
    context: Context, page: ThreadPage, rows: list[Row], notices: dict[int, AuthorNotice], replied_to: Row | None
) -> SafeString:
    """Render the comments of a page with their links, buttons and notices."""
    likes = likes_rendering.Likes.for_request(context["request"], page.essay)
    return rendering.ThreadRenderer(
        page=page,
        authors=page.authors,
        lang=f' lang="{page.essay.language}"' if page.essay.lang else "",
        reply_to=page.url(replyto=""),
        is_open=page.discussion.accepts_comments,
        notices=notices,
        author_actions=page.viewer.actions_on(rows),
        likes=likes.render_row_button if likes else None,
        likes_settings=likes.row_settings if likes else None,
        form_under=replied_to.pk if replied_to else None,
        form=render_reply_form(context, page.essay, replied_to) if replied_to else "",
        more=page.more,
        elsewhere=page.names_of_hidden_parents(rows),
        folds=page.folds,
        has_muted=page.viewer.has_muted,
        remarks=remark_lines(page, context["request"]),
        choices=page.choices,
    ).html(rows)


def remark_lines(page: ThreadPage, request: Any) -> RemarkLines | None:
    """Return what renders the passages of comments and the author's answers; None if there are none to see or give."""
    remarks, commenter = Remarks.on(page.essay), page.viewer.commenter
    may_answer = commenter is not None and commenter.user_id in page.authors
    if not remarks.rows and not may_answer:
        return None
    return RemarkLines(remarks, get_site(request).public_versions, page.rules.authors_pick, may_answer)


def thread_context(page: ThreadPage, request: Any) -> dict[str, Any]:
    """Context for what surrounds the comments of a page: count, sort order, pager and links to the rest."""
    return {
        "essay": page.essay,
        "comment_count": page.discussion.comment_count,
        "reply_url": reply_url(page, request),
        "is_deleted": "deleted" in request.GET,
        "depth": page.depth,
        "pager": page.pager,
        "part": page.part,
        "whole_url": page.whole_url,
        "by_author": author_filter(page),
        "onward": page.onward,
        "may_report": page.discussion.rules.readers_may_report,
        "picks": picks_filter(page),
        "quoting": quoting_filter(page),
        "top_level": top_level_filter(page),
        "orders": sort_links(page, has_likes=likes_rendering.Likes.for_request(request, page.essay) is not None),
    }


def reply_url(page: ThreadPage, request: Any) -> str:
    """Return the link to the reply form at the end of the page, or nothing when comments are closed.

    If the form is under a comment instead, it leads to the page with an empty form at its end.
    """
    if not page.discussion.accepts_comments:
        return ""
    return f"{page.url()}#respond" if request.form_is_in_thread else "#respond"


def author_filter(page: ThreadPage) -> tuple[str, str, bool] | None:
    """Return label and URL of the filter for the author's comments, and whether it is active."""
    if not page.author_comment_count:
        return None
    label = reply_count_text(page.author_comment_count, len(page.authors))
    return label, f"{page.url(number=1, by=BY_AUTHOR)}#comments", isinstance(page, AuthorsPage)


def picks_filter(page: ThreadPage) -> tuple[str, bool] | None:
    """Return the URL of the comments that the author picked, and whether it is the current page; None without any."""
    if not Remarks.on(page.essay).picked:
        return None
    return f"{page.url(number=1, by=PicksPage.by)}#comments", isinstance(page, PicksPage)


def quoting_filter(page: ThreadPage) -> tuple[int, str, bool] | None:
    """Return the number and URL of the comments on passages, and whether it is the current page; None without any."""
    if not (keys := Remarks.on(page.essay).quoting):
        return None
    return len(keys), f"{page.url(number=1, by=QuotingPage.by)}#comments", isinstance(page, QuotingPage)


def top_level_filter(page: ThreadPage) -> tuple[str, bool] | None:
    """Return the URL that switches “Top-level only”, and whether it is on; None where there are no replies to fold."""
    if isinstance(page, FlatPage) or page.discussion.comment_count == page.discussion.threads:
        return None
    return f"{page.url(replies=None if page.is_folded else FOLDED)}#comments", page.is_folded


def sort_links(page: ThreadPage, *, has_likes: bool) -> list[tuple[str, str, bool]]:
    """Return the label and URL of each sort order, and whether it is the current one."""
    named = [(Rules.Order.OLDEST.value, _("Oldest")), (Rules.Order.NEWEST.value, _("Newest"))]
    if has_likes:
        named.append((Rules.Order.LIKED.value, _("Most liked")))
    is_sorted = not isinstance(page, PicksPage)
    return [(label, page.url_in(order), is_sorted and order == page.order) for order, label in named]


@register.simple_tag(takes_context=True)
def likes(context: Context, essay: Essay) -> SafeString:
    """Render the like button of the essay, with the count."""
    found = likes_rendering.Likes.for_request(context["request"], essay)
    return found.render_essay_button() if found else SafeString("")


@register.simple_tag(takes_context=True)
def with_passages(context: Context, essay: Essay, rendered: str) -> SafeString:
    """Return the rendered body of an essay with a count after each paragraph that has comments.

    The reader's likes are read first, because the same query has the discussion.
    """
    likes_rendering.Likes.for_request(context["request"], essay)
    remarks = Remarks.on(essay)
    is_choosing = context["request"].GET.get("on") == passage_fields.CHOOSE and accepts_comments(essay)
    has_marks = remarks.rows or is_choosing
    return SafeString(body.render(rendered, remarks, is_choosing=is_choosing) if has_marks else rendered)


@register.simple_tag
def has_corrections(essay: Essay) -> bool:
    """Return whether readers can see a correction of the essay."""
    rows = Remarks.on(essay).rows.values()
    return any(row.label == AuthorAnswer.Label.CORRECTED and row.corrected_in and row.total for row in rows)


@register.simple_tag(takes_context=True)
def strongest_objection(context: Context, essay: Essay) -> SafeString:
    """Render the comment that the essay's author chose as the strongest objection, with the author's first reply."""
    found = find_objection(Remarks.on(essay))
    if found is None or not Discussion.objects.for_essay(essay).rules.authors_pick:
        return SafeString("")
    request = context["request"]
    page = ObjectionPage(essay, Viewer.from_request(request))
    page.objection = found.comment
    rows, _notices = page.rows()
    lines, likes = remark_lines(page, request), likes_rendering.Likes.for_request(request, essay)
    outline = ObjectionRenderer(
        page=page,
        authors=page.authors,
        lang=f' lang="{essay.language}"' if essay.lang else "",
        reply_to=page.url(replyto=""),
        is_open=page.discussion.accepts_comments,
        notices={},
        author_actions={},
        likes=likes.render_row_button if likes else None,
        likes_settings=likes.row_settings if likes else None,
        form_under=None,
        form="",
        more={},
        elsewhere=page.names_of_hidden_parents(rows),
        folds=page.folds,
        has_muted=page.viewer.has_muted,
        remarks=lines and replace(lines, has_picks=False),
        choices="",
    ).html(rows)
    values = {
        "essay": essay,
        "pk": found.comment,
        "outline": outline,
        "has_reply": len(rows) > 1,
        "replies": max(0, found.comments - 1),  # 0: unknown, for a reply
    }
    return SafeString(get_template("comments/_objection.html").render(values, request))


@register.simple_tag(takes_context=True)
def respond(context: Context, essay: Essay) -> SafeString:
    """Render the reply form, unless the thread above contains it."""
    return SafeString("") if context["request"].form_is_in_thread else render_reply_form(context, essay, None)


def requested_parent(context: Context) -> int | None:
    """Return the key of the comment that a rejected form or the address names as the one to reply to."""
    form = context.get("form")
    value = form["parent"].value() if isinstance(form, CommentForm) else context["request"].GET.get("replyto")
    return parse_key(value)


def render_reply_form(context: Context, essay: Essay, parent: Row | None) -> SafeString:
    """Render the reply form, for a comment on the essay or a reply to `parent`, with what was typed."""
    request = context["request"]
    discussion = Discussion.objects.for_essay(essay)
    rules = discussion.rules
    form = context.get("form")
    draft: Mapping[str, Any] = {}
    if not isinstance(form, CommentForm):
        if parent is None and discussion.accepts_comments and cached_form.is_usable_for(request):
            return cached_form.render(request, essay, rules)
        draft = drafts.load(request, essay, parent.pk if parent else None)
        on = request.GET.get("passage") or draft.get("on", "")
        form = CommentForm(initial={**draft, "parent": parent.pk if parent else "", "on": on})
    values = {
        **identity_views.identity_context(request, essay, rules, context.get("details"), draft),
        "essay": essay,
        "action": f"{essay.get_absolute_url()}respond/",
        "form": form,
        "parent": parent,
        "passage": passage_fields.describe(essay, form["on"].value()),
        "parent_name": parent.name if parent else None,
        "is_closed": not discussion.accepts_comments,
        "notify": notify_form(context, draft) if rules.readers_may_follow else None,
        **{name: context.get(name) for name in ("preview", "preview_problem", "problem", "problem_url")},
    }
    return SafeString(get_template("comments/_respond.html").render(values, request))


def notify_form(context: Context, draft: Mapping[str, Any]) -> NotifyForm:
    """Return the notification form as submitted or as saved in a draft, otherwise empty."""
    request = context["request"]
    return NotifyForm(request.POST) if request.method == "POST" else NotifyForm(initial=dict(draft))
