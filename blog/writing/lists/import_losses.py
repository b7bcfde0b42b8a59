"""The list of what was lost in an essay's import, until its author dismisses it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from blog.models import Essay
from blog.writing import drafts
from blog.writing.draft_views import get_saved_essay, redirect_to_form


@require_POST
def dismiss(request: HttpRequest, which: str) -> HttpResponse:
    """Delete an essay's list. Sent with the whole form, which happens without JavaScript, its text becomes a draft."""
    user, essay = get_saved_essay(request, which)
    Essay.objects.filter(pk=essay.pk).update(import_losses="")
    if "body" not in request.POST:
        return HttpResponse(status=204)
    drafts.store(user, essay, drafts.parse_form(request.POST))
    return redirect_to_form(essay)
