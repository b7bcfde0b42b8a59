"""Who else is at it: what changed under the rows of an open page, and who is looking at which of them."""

import hashlib
from time import time
from typing import Any

from django.core.cache import cache
from django.http import HttpResponse, HttpResponseNotModified, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.login.sessions import unattended
from accounts.middleware import Request
from moderation.decisions.rights import Rights, for_moderators
from moderation.queue import outcome
from moderation.queue.deciding import as_seen
from moderation.queue.filters import numbers
from moderation.queue.listing import only_these
from moderation.queue.query import MOST, Place

LOOKS_FOR = 60  # seconds

Lookers = dict[int, tuple[str, float]]  # users: their name, and when they were last seen there


def at(pk: int) -> str:
    return f"queue:looking:{pk}"


@unattended
@require_POST
@for_moderators
def looking(request: Request, rights: Rights) -> HttpResponse:
    """Somebody has a row before them, or has left one."""
    keys = {name: numbers([request.POST.get(name, "")]) for name in ("comment", "left")}
    theirs = set(rights.comments().filter(pk__in=[*keys["comment"], *keys["left"]]).values_list("pk", flat=True))
    for name, found in keys.items():
        for pk in theirs.intersection(found):
            lookers = still_there(cache.get(at(pk)) or {})
            lookers.pop(rights.user.pk, None)
            if name == "comment":
                lookers[rights.user.pk] = (str(rights.user), time())
            cache.set(at(pk), lookers, LOOKS_FOR)
    return HttpResponse(status=204)


def still_there(lookers: Lookers) -> Lookers:
    return {pk: (name, when) for pk, (name, when) in lookers.items() if when > time() - LOOKS_FOR}


@unattended
@require_safe
@for_moderators
def news(request: Request, rights: Rights) -> HttpResponse:
    """Of the rows that a page shows, those that stand otherwise by now, and who is looking at the others."""
    seen = dict(list(as_seen(request.GET.getlist("seen")).items())[:MOST])
    place = Place.of(request.GET, rights)
    body: dict[str, Any] = {
        "rows": changed(request, place, seen),
        "looking": lookers(seen, rights),
        "counts": outcome.counted(place),
    }
    answer = JsonResponse(body)
    tag = f'"{hashlib.blake2b(answer.content, digest_size=12).hexdigest()}"'
    if request.headers.get("if-none-match") == tag:
        answer = HttpResponseNotModified()  # type: ignore[assignment]
    answer["ETag"] = tag
    return answer


def changed(request: Request, place: Place, seen: dict[int, tuple[str, int | None]]) -> dict[int, str]:
    """Decided: a line that says by whom. Edited: the row anew. Gone: nothing."""
    now = {row.pk: row for row in place.rights.comments().filter(pk__in=seen).select_related("commenter")}
    same = {pk for pk, row in now.items() if seen[pk] == (row.status, row.wording_id)}
    decided = [row for pk, row in now.items() if seen[pk][0] != row.status]
    lines = outcome.elsewhere(decided, place.rights.user)
    others = {row.pk: row for row in only_these(place, now.keys() - same - lines.keys())}
    return {pk: outcome.drawn(request, lines.get(pk) or others.get(pk), place) for pk in sorted(seen.keys() - same)}


def lookers(seen: Any, rights: Rights) -> dict[int, str]:
    """“Mara is looking”, for each row at which somebody else is."""
    theirs = set(rights.comments().filter(pk__in=seen).values_list("pk", flat=True))
    kept = cache.get_many([at(pk) for pk in theirs]) if theirs else {}
    found = {}
    for pk in sorted(theirs):
        others = [name for who, (name, _when) in still_there(kept.get(at(pk), {})).items() if who != rights.user.pk]
        if others:
            found[pk] = _("Also viewing: %(name)s") % {"name": ", ".join(sorted(others))}
    return found
