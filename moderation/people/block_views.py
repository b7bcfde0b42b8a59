"""The page of trusted, held and blocked people, for moderators of the whole site."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.middleware import Request
from comments.models import Block
from moderation.admin_pages import render_admin_page
from moderation.decisions.rights import Rights, site_moderator_required
from moderation.people.blocks import BlockList, BlockSearch, describe_block
from moderation.queue.filters import parse_number


@require_http_methods(["GET", "HEAD", "POST"])
@site_moderator_required
def blocks_page(request: Request, rights: Rights) -> HttpResponse:
    """Show the list of trusted, held and blocked people, or remove an exception from it."""
    search = BlockSearch.from_query(request.GET)
    if request.method == "POST":
        return remove_block(request, search)
    block_list, title = BlockList(search, search.blocks()), _("Trusted, held and blocked people")
    return render_admin_page(request, "moderation/blocks.html", title, block_list=block_list)


def remove_block(request: Request, search: BlockSearch) -> HttpResponse:
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
