"""Plain error pages that need no database."""

from django.http import HttpResponse
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _

from server.logs import current_id

HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

PAGE = """<!doctype html>
<html lang="{}" dir="{}">
<head>
<meta charset="utf-8">
<title>{}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{}</head>
<body>
<main class="plain leaf" id="main">
<h1>{}</h1>
{}
<p><a href="/">{}</a></p>
</main>
</body>
</html>
"""


def page(status: int, title: str, *sentences: str, retry_after: float | None = None) -> HttpResponse:
    """Return a page with this heading and a paragraph for each sentence; `retry_after` is in seconds."""
    paragraphs = format_html_join("\n", "<p>{}</p>", ((sentence,) for sentence in sentences))
    direction = "rtl" if get_language_bidi() else "ltr"
    content = format_html(
        PAGE, get_language() or "en", direction, title, _stylesheet(), title, paragraphs, _("Go to the home page")
    )
    response = HttpResponse(content, status=status, headers=HEADERS)
    if retry_after is not None:
        response["Retry-After"] = str(max(1, round(retry_after)))
    return response


def too_large(max_bytes: int) -> HttpResponse:
    return page(
        413,
        _("Too large to send"),
        _("This page accepts up to %(size)s. Nothing was saved.") % {"size": _format_bytes(max_bytes)},
        _("Go back, shorten your text or choose a smaller file, and send it again."),
    )


def too_slow() -> HttpResponse:
    return page(
        408,
        _("Connection timed out"),
        _("Your connection was too slow or was interrupted. Nothing was saved."),
        _("Go back and send the form again; your text should still be there."),
    )


def incomplete() -> HttpResponse:
    return page(400, _("Only part of your request arrived"), _("Nothing was saved. Please go back and try again."))


def unreadable() -> HttpResponse:
    return page(400, _("We couldn’t read your request"), _("Go back, reload the page, and try again."))


def underscored_header() -> HttpResponse:
    return page(
        400,
        _("Request header not allowed"),
        _("This site rejects header names with an underscore, such as X_Forwarded_For. Remove them and try again."),
    )


def too_busy() -> HttpResponse:
    return _try_again(_("This site is very busy"))


def unavailable() -> HttpResponse:
    return _try_again(_("This site is temporarily unavailable"))


def read_only() -> HttpResponse:
    return page(
        503,
        _("This site is being updated"),
        _("You can read everything, but we can’t save anything for the next few minutes. Nothing was saved."),
        _("Please go back and try again in a few minutes; your text should still be there."),
        retry_after=60,
    )


def server_error() -> HttpResponse:
    return page(
        500,
        _("Something went wrong"),
        _("The error is on our side and has been logged. Please go back and try again."),
        *([_("Error reference: %(id)s") % {"id": reference}] if (reference := current_id()) else []),
    )


def _try_again(title: str) -> HttpResponse:
    """Return a page with status 503 that asks to wait."""
    wait = _("Please wait a moment and try again.")
    again = _(
        "If you were submitting a form, nothing was saved. Go back and send it again; your text should still be there."
    )
    return page(503, title, wait, again, retry_after=2)


def _format_bytes(count: int) -> str:
    if count < 1024 * 1024:
        return _("%(count)d KB") % {"count": count // 1024}
    return _("%(count)d MB") % {"count": count // (1024 * 1024)}


def _stylesheet() -> str:
    """Return the links to the stylesheets, or "" if static files are not collected."""
    link = '<link rel="stylesheet" href="{}">\n'
    try:
        return format_html(link * 2, static("css/site.css"), static("css/pages.css"))
    except ValueError:  # the files were not collected
        return ""
