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
from moderation.decisions.rights import Rights, site_moderator_required
from moderation.people.blocks import BlockList, BlockSearch, describe_block
from moderation.queue.filters import parse_number


@require_http_methods(["GET", "HEAD", "POST"])
@site_moderator_required
def blocks(request: Request, rights: Rights) -> HttpResponse:
    search = BlockSearch.from_query(request.GET)
    if request.method == "POST":
        return lift(request, search)
    context = {
        **admin.site.each_context(request),
        "title": _("Trusted, held and blocked people"),
        "is_nav_sidebar_enabled": False,
        "block_list": BlockList(search),
    }
    return render(request, "moderation/blocks.html", context)


def lift(request: Request, search: BlockSearch) -> HttpResponse:
    """Remove an exception; say so if another moderator has already removed it."""
    if request.POST.get("action") != "lift":
        raise BadRequest("There is no such action.")
    block = Block.objects.select_related("commenter").filter(pk=parse_number(request.POST, "block")).first()
    if block is None:
        messages.info(request, _("This exception has already been removed."))
    else:
        Block.objects.filter(pk=block.pk).delete()
        messages.info(request, _("Removed: %(words)s.") % {"words": capfirst(describe_block(block))})
    return redirect(search.url(search.page))
