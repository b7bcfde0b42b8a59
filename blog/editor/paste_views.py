"""The view that cleans pasted HTML and Markdown with the same code as an imported document."""

import re

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.middleware import Request
from blog import editor
from blog.editor import markdown
from blog.editor.report import describe
from blog.images import renditions
from blog.middleware import get_site

MAX_BYTES = 3 * 1024 * 1024
MAX_TAGS = 20_000
_UPLOADING = re.compile(r"https://[0-9a-f-]{36}\.invalid/[0-9]+")  # static/js/writing/editor/pasted-images.js


@require_POST
def clean_paste(request: Request) -> HttpResponse:
    """Return pasted HTML, or Markdown as the content type says, as an essay's HTML with sentences about losses.

    With `?title`, a title and subtitle at its beginning are returned by themselves.
    """
    if not (request.user.has_perm("blog.add_essay") or request.user.has_perm("blog.change_essay")):
        raise PermissionDenied(_("Only authors can paste here."))
    if len(request.body) > MAX_BYTES:
        return JsonResponse({"why": _("The text is too long. Paste it in smaller parts.")}, status=413)
    source = request.body.decode(errors="replace")
    is_markdown = request.content_type == "text/markdown"
    if (is_markdown and markdown.has_too_much_markup(source)) or source.count("<") > MAX_TAGS:
        return JsonResponse({"why": _("The text has too much formatting. Paste it in smaller parts.")}, status=413)
    if is_markdown:
        source = markdown.build_parser(has_formulas=get_site(request).formulas, has_extensions=True).render(source)
    result = editor.convert_html(source, resolve_picture=resolve_picture, has_title="title" in request.GET)
    answer = {"html": result.html, "lost": describe(result.lost), "changed": describe(result.changed)}
    return JsonResponse(answer | {"title": result.heading, "deck": result.deck})


def resolve_picture(address: str, alt: str) -> str:
    """Return a picture's address if it is on this site or a placeholder for one that the editor uploads, else ""."""
    address_here = renditions.local_url(address)
    return address_here if address_here.startswith(settings.MEDIA_URL) or _UPLOADING.fullmatch(address) else ""
