"""The queue's pages, on the stock admin's site."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from django.contrib import admin, messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.middleware import Request
from accounts.models import User
from comments.models import Comment
from moderation import actions
from moderation.listing import MOST, Listing, Place, numbers
from moderation.models import Decision
from moderation.rights import Rights, for_moderators
from moderation.row import how

VERBS: dict[str, Callable[..., Decision]] = {
    "approve": actions.approve,
    "unapprove": actions.unapprove,
    "spam": actions.mark_spam,
    "trash": actions.trash,
    "restore": actions.restore,
}


@require_http_methods(["GET", "HEAD", "POST"])
@for_moderators
def queue(request: Request, rights: Rights) -> HttpResponse:
    user = rights.user
    place = Place.of(request.GET)
    if request.method == "POST":
        answer = undo if request.POST.get("action") == "undo" else decide
        return answer(request, user, place)
    if wish := numbers([request.GET.get("comment", "")]):
        return redirect(leading_to(wish[0], place))
    context = {
        **admin.site.each_context(request),
        "title": _("Queue"),
        "is_nav_sidebar_enabled": False,  # the width is for the words
        "listing": Listing(place),
    }
    return render(request, "moderation/queue.html", context)


def leading_to(pk: int, place: Place) -> str:
    """Where a comment stands now, for links from elsewhere; a place near it when it is gone."""
    found = Comment.objects.filter(pk=pk).values_list("status", flat=True).first()
    return replace(place, tab=found or place.tab).at(pk)


@dataclass
class Outcome:
    """What became of the decisions that one form asked for."""

    made: list[Decision] = field(default_factory=list)
    late: list[Comment] = field(default_factory=list)
    reworded: list[Comment] = field(default_factory=list)
    gone: int = 0

    def say(self, request: Request, you: User, *, is_one: bool) -> None:
        """Tell what cannot be seen from the list itself."""
        if not is_one:
            messages.info(request, self.in_words())
        elif self.gone:
            messages.info(request, _("That comment is no longer here."))
        elif self.reworded:
            said = {"name": self.reworded[0].commenter.name}
            messages.info(request, _("%(name)s has just changed this comment: please read it again.") % said)
        elif self.late:
            messages.info(request, standing(self.late[0], you))

    def in_words(self) -> str:
        """“3 approved, 1 was already decided.”"""
        verbs = Counter(decision.get_verb_display() for decision in self.made)
        late, gone = len(self.late), self.gone
        parts = [_("%(count)d %(verb)s") % {"count": count, "verb": verb} for verb, count in verbs.items()]
        if late:
            parts.append(
                ngettext("%(count)d was already decided", "%(count)d were already decided", late) % {"count": late}
            )
        if reworded := len(self.reworded):
            parts.append(
                ngettext(
                    "%(count)d was just changed by its writer", "%(count)d were just changed by their writers", reworded
                )
                % {"count": reworded}
            )
        if gone:
            parts.append(
                ngettext("%(count)d is no longer here", "%(count)d are no longer here", gone) % {"count": gone}
            )
        return ", ".join(parts) + "."


def standing(comment: Comment, you: User) -> str:
    """How a comment came to be what it is, for somebody who meant to change it."""
    newest = Decision.objects.select_related("moderator").filter(comment=comment).first()
    said = {"name": comment.commenter.name, "status": comment.get_status_display()}
    if newest is None or newest.after != comment.status:
        return _("The comment by %(name)s is %(status)s already. Nothing was changed.") % said
    said["how"] = how(newest, you)
    return _("The comment by %(name)s was decided already: %(how)s. Nothing was changed.") % said


def decide(request: Request, user: User, place: Place) -> HttpResponse:
    """The same verb about every comment named, one after the other; back to the row after them."""
    verb = VERBS.get(request.POST.get("action", ""))
    keys = numbers(request.POST.getlist("comment"))[:MOST]
    if verb is None:
        raise BadRequest("There is no such action.")
    if not keys:
        messages.info(request, _("Select at least one comment first."))
        return redirect(place.url())
    seen = as_seen(request.POST.getlist("seen"))
    outcome = Outcome()
    for comment in there(keys, outcome):
        try:
            status, words = seen.get(comment.pk, (None, None))
            outcome.made.append(verb(comment, by=user, seen=status, words=words))
        except actions.Reworded as changed:
            outcome.reworded.append(changed.comment)
        except actions.AlreadyDecided as late:
            outcome.late.append(late.comment)
        except Comment.DoesNotExist:
            outcome.gone += 1
    outcome.say(request, user, is_one=len(keys) == 1)
    # Sent twice, it has been decided by the first: that can be taken back here all the same.
    own = Decision.objects.latest_of(comment.pk for comment in outcome.late).filter(moderator=user)
    place = place.having([decision.pk for decision in (*outcome.made, *own)])
    return redirect(place.at(keys[0] if place.is_newest_first else keys[-1]))


def there(keys: list[int], outcome: Outcome) -> Iterable[Comment]:
    """The comments of these keys that there are, in order."""
    found = Comment.objects.in_bulk(keys)
    outcome.gone += len(keys) - len(found)
    return (found[key] for key in sorted(found))


def as_seen(shown: Iterable[str]) -> dict[int, tuple[str, int | None]]:
    """`["12 pending 34"]` → what the page showed each comment as, and which of its wordings."""
    found = {}
    for key, status, wording in ([*each.split(" "), "", ""][:3] for each in shown):
        for pk in numbers([key]):
            found[pk] = (status, next(iter(numbers([wording])), None))
    return found


def undo(request: Request, user: User, place: Place) -> HttpResponse:
    keys = numbers(request.POST.getlist("decision"))[:MOST]
    found = Decision.objects.select_related("comment__commenter").filter(pk__in=keys).order_by("number", "-pk")
    outcome = Outcome(gone=len(keys) - len(found))
    for decision in found:
        try:
            outcome.made.append(actions.undo(decision, by=user))
        except actions.AlreadyDecided as late:
            outcome.late.append(late.comment)
        except Comment.DoesNotExist:
            outcome.gone += 1
    comment = outcome.made[0].comment if len(outcome.made) == 1 == len(keys) else None
    if comment:
        said = {"name": comment.commenter.name, "status": comment.get_status_display()}
        messages.info(request, _("Undone: the comment by %(name)s is %(status)s again.") % said)
    else:
        outcome.say(request, user, is_one=len(keys) == 1)
    place = place.without(keys)
    if not found:
        return redirect(place.url())
    touched = [decision.number for decision in found]
    return redirect(place.at(max(touched) if place.is_newest_first else min(touched)))
