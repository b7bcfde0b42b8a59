"""Where the editor has what was pasted put in order, by the same code as a document that is brought in."""

import re

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.middleware import Request
from blog import editor
from blog.editor.report import told
from blog.images import renditions

BYTES = 3 * 1024 * 1024
TAGS = 20_000
_SENT = re.compile(r"https://[0-9a-f-]{36}\.invalid/[0-9]+")  # static/js/writing/editor/pasted-images.js


@require_POST
def clean(request: Request) -> HttpResponse:
    if not (request.user.has_perm("blog.add_essay") or request.user.has_perm("blog.change_essay")):
        raise PermissionDenied(_("Only authors can paste here."))
    if len(request.body) > BYTES:
        return JsonResponse({"why": _("The text is too long. Paste it in smaller parts.")}, status=413)
    source = request.body.decode(errors="replace")
    if source.count("<") > TAGS:
        return JsonResponse({"why": _("The text has too much formatting. Paste it in smaller parts.")}, status=413)
    brought = editor.bring(source, picture=kept_picture)
    return JsonResponse({"html": brought.html, "lost": told(brought.lost), "changed": told(brought.changed)})


def kept_picture(address: str, alt: str) -> str:
    """A picture on this site, or the sign that the page has put in place of one that it is sending in."""
    own = renditions.own_address(address)
    return own if own.startswith(settings.MEDIA_URL) or _SENT.fullmatch(address) else ""
