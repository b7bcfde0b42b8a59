"""The preview of a comment: rendered like a posted one, and not stored."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.middleware import Request
from blog import markup
from blog.models import Essay
from blog.views import render_essay
from comments.models import Rules
from comments.posting import drafts
from comments.posting.forms import CommentForm, details_form
from server.http import ratelimit

PREVIEWS_A_MINUTE = 60  # previews from one network


def preview(request: Request, essay: Essay, rules: Rules, *, is_guest: bool) -> HttpResponse:
    """Show the page again with the form as it was and a preview; for JavaScript the preview alone."""
    form = CommentForm({"text": request.POST.get("text", "")})
    html, problem, status = SafeString(""), "", 200
    seconds = ratelimit.acquire("preview", request.META["REMOTE_ADDR"], 60, count=PREVIEWS_A_MINUTE)
    if seconds:
        status, problem = 429, _("Too many previews. Please wait a minute and try again; your comment is still here.")
    elif not form.is_valid():
        status, problem = 422, " ".join(map(str, form.errors["text"]))
    else:
        html = SafeString(markup.clean_comment(form.cleaned_data["text"]))
    values = {"preview": html, "preview_problem": problem}
    if request.POST["preview"] == "block":
        response = render(request, "comments/_preview.html", values, status=status)
    else:
        typed = {name: request.POST[name] for name in drafts.FIELDS if name in request.POST}
        details = details_form(request, rules, initial=typed) if is_guest else None
        response = render_essay(request, essay, status, form=CommentForm(initial=typed), details=details, **values)
    response.headers["Cache-Control"] = "private, no-store"
    if seconds:
        response.headers["Retry-After"] = str(int(seconds) + 1)
    return response
