"""The page of trusted, held and blocked people, for moderators of the whole site."""

from django.contrib import admin, messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.middleware import Request
from comments.models import Block
from moderation.decisions.rights import Rights, for_all_of_it
from moderation.people.blocks import Apart, Asked, in_words
from moderation.queue.filters import number


@require_http_methods(["GET", "HEAD", "POST"])
@for_all_of_it
def blocks(request: Request, rights: Rights) -> HttpResponse:
    asked = Asked.of(request.GET)
    if request.method == "POST":
        return lift(request, asked)
    context = {
        **admin.site.each_context(request),
        "title": _("Trusted, held and blocked"),
        "is_nav_sidebar_enabled": False,
        "apart": Apart(asked),
    }
    return render(request, "moderation/blocks.html", context)


def lift(request: Request, asked: Asked) -> HttpResponse:
    """Remove an exception; say so if another moderator has already removed it."""
    if request.POST.get("action") != "lift":
        raise BadRequest("There is no such action.")
    block = Block.objects.select_related("commenter").filter(pk=number(request.POST, "block")).first()
    if block is None:
        messages.info(request, _("Already removed."))
    else:
        Block.objects.filter(pk=block.pk).delete()
        messages.info(request, _("Removed: %(words)s.") % {"words": capfirst(in_words(block))})
    return redirect(asked.url(asked.page))
