"""Updates for an open queue page: rows changed by other moderators, and who is viewing which row."""

import hashlib
from collections.abc import Iterable
from time import time
from typing import Any

from django.core.cache import cache
from django.http import HttpResponse, HttpResponseNotModified, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.middleware import Request, background_request
from moderation.decisions.rights import Rights, moderator_required
from moderation.queue import deciding
from moderation.queue.deciding import parse_seen
from moderation.queue.filters import parse_keys
from moderation.queue.listing import find_rows
from moderation.queue.query import MAX_SIZE, QueueState

VIEWING_TIME = 60  # seconds

Viewers = dict[int, tuple[str, float]]  # user: name and time of the last signal


def viewers_cache_key(comment: int) -> str:
    return f"queue:looking:{comment}"


@background_request
@require_POST
@moderator_required
def report_viewing(request: Request, rights: Rights) -> HttpResponse:
    """Record that a moderator is viewing a row or has left one."""
    keys = {name: parse_keys([request.POST.get(name, "")]) for name in ("comment", "left")}
    permitted = set(rights.comments().filter(pk__in=[*keys["comment"], *keys["left"]]).values_list("pk", flat=True))
    for name, found in keys.items():
        for pk in permitted.intersection(found):
            viewers = current_viewers(cache.get(viewers_cache_key(pk)) or {})
            viewers.pop(rights.user.pk, None)
            if name == "comment":
                viewers[rights.user.pk] = (str(rights.user), time())
            cache.set(viewers_cache_key(pk), viewers, VIEWING_TIME)
    return HttpResponse(status=204)


def current_viewers(viewers: Viewers) -> Viewers:
    """Return the users who have signaled within VIEWING_TIME that they are viewing a row."""
    return {pk: (name, when) for pk, (name, when) in viewers.items() if when > time() - VIEWING_TIME}


@background_request
@require_safe
@moderator_required
def queue_changes(request: Request, rights: Rights) -> HttpResponse:
    """Return the rows that changed since the page showed them, and who is viewing the others."""
    seen = dict(list(parse_seen(request.GET.getlist("seen")).items())[:MAX_SIZE])
    state = QueueState.from_query(request.GET, rights)
    body: dict[str, Any] = {
        "rows": render_changed_rows(request, state, seen),
        "looking": other_viewers(seen, rights),
        "counts": deciding.formatted_counts(state),
    }
    answer = JsonResponse(body)
    etag = f'"{hashlib.blake2b(answer.content, digest_size=12).hexdigest()}"'
    if request.headers.get("if-none-match") == etag:
        answer = HttpResponseNotModified()  # type: ignore[assignment]
    answer["ETag"] = etag
    return answer


def render_changed_rows(request: Request, state: QueueState, seen: dict[int, tuple[str, int | None]]) -> dict[int, str]:
    """Return the HTML of changed rows: an entry saying who decided, the edited row, or nothing if it was deleted."""
    now = {row.pk: row for row in state.rights.comments().filter(pk__in=seen).select_related("commenter")}
    same = {pk for pk, row in now.items() if seen[pk] == (row.status, row.wording_id)}
    decided = [row for pk, row in now.items() if seen[pk][0] != row.status]
    lines = deciding.lines_by_others(decided, state.rights.user)
    others = {row.pk: row for row in find_rows(state, now.keys() - same - lines.keys())}
    changed = sorted(seen.keys() - same)
    return {pk: deciding.render_item(request, lines.get(pk) or others.get(pk), state) for pk in changed}


def other_viewers(seen: Iterable[int], rights: Rights) -> dict[int, str]:
    """Return “Also viewing: Mara” by comment, for each of the rows that other moderators are viewing."""
    permitted = set(rights.comments().filter(pk__in=seen).values_list("pk", flat=True))
    stored = cache.get_many([viewers_cache_key(pk) for pk in permitted]) if permitted else {}
    found = {}
    for pk in sorted(permitted):
        viewers = current_viewers(stored.get(viewers_cache_key(pk), {}))
        if others := [name for user, (name, _when) in viewers.items() if user != rights.user.pk]:
            found[pk] = _("Also viewing: %(name)s") % {"name": ", ".join(sorted(others))}
    return found
