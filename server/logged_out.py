"""What someone sends from an open page after their session has ended: kept on a page until they log in again."""

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

MAX_KEPT = 1_000_000  # characters; each may take six bytes of the page, and strangers can send many such forms at once


def keep_posted_form(request: HttpRequest, message: str) -> HttpResponse:
    """Answer with a page that keeps the posted fields and sends them again; tell scripts with 401.

    A form that is too large to keep is redirected to the login.
    """
    if wants_json(request):
        return JsonResponse({}, status=401)
    fields = [(name, value) for name, values in request.POST.lists() for value in values]
    fields = [(name, value) for name, value in fields if name != "csrfmiddlewaretoken"]
    if sum(len(name) + len(value) for name, value in fields) > MAX_KEPT:
        return redirect_to_login(request.get_full_path())
    context = {**admin.site.each_context(request), "title": _("You’re logged out"), "message": message}
    context |= {"fields": fields, "is_nav_sidebar_enabled": False}
    return TemplateResponse(request, "admin/logged_out.html", context, status=403)


def has_form_to_keep(request: HttpRequest) -> bool:
    """Return whether a browser sent a form with anything to lose while logged out, except passwords and files.

    A page can't keep files, and would send the form again without them.
    """
    if request.method != "POST" or request.user.is_authenticated:
        return False  # the form is read by the view, which answers if there are too many files
    is_from_browser = "text/html" in request.headers.get("Accept", "")  # scripts notice the redirect to the login
    names = request.POST.keys() - {"csrfmiddlewaretoken"} if is_from_browser else set()
    return bool(names) and not request.FILES and not any("password" in name for name in names)


def wants_json(request: HttpRequest) -> bool:
    """Whether a page's script sent the request."""
    return request.headers.get("Accept") == "application/json"
