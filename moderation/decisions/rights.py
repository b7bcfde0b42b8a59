"""Who may decide about which comments: moderators everywhere, authors on their own essays if the owner says so."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils.translation import gettext as _

from accounts.middleware import Request
from accounts.models import User
from blog.models import Authorship
from comments.models import Comment, CommentQuerySet, Rules

P = ParamSpec("P")


@dataclass(frozen=True)
class Rights:
    """Of one person who decides; whatever they see or change goes through `comments()`."""

    user: User
    is_everywhere: bool

    def comments(self) -> CommentQuerySet:
        found: CommentQuerySet = Comment.objects.all()
        return found if self.is_everywhere else found.filter(essay__in=self.own_essays())

    def own_essays(self) -> Any:
        return Authorship.objects.filter(author=self.user).values("essay")


def rights_of(user: User) -> Rights | None:
    """None: nothing here is theirs to decide."""
    if not user.is_active:
        return None
    if user.has_perm("comments.add_decision"):
        return Rights(user, is_everywhere=True)
    if Rules.objects.current().authors_moderate and Authorship.objects.filter(author=user).exists():
        return Rights(user, is_everywhere=False)
    return None


def for_moderators(
    view: Callable[Concatenate[Request, Rights, P], HttpResponse],
) -> Callable[Concatenate[Request, P], HttpResponse]:
    """Hands the view what who asks may decide; everybody else is told, or logs in first."""

    @wraps(view)
    def guarded(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not isinstance(request.user, User):
            return redirect_to_login(request.get_full_path())
        rights = rights_of(request.user)
        if rights is None:
            raise PermissionDenied(_("Only moderators can open the queue. Ask the site owner for access."))
        return view(request, rights, *args, **kwargs)

    return guarded


def for_all_of_it(
    view: Callable[Concatenate[Request, Rights, P], HttpResponse],
) -> Callable[Concatenate[Request, P], HttpResponse]:
    """As for_moderators(), and only for those who decide everywhere."""

    @wraps(view)
    def guarded(request: Request, rights: Rights, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not rights.is_everywhere:
            raise PermissionDenied(_("Only moderators of the whole site can do this."))
        return view(request, rights, *args, **kwargs)

    return for_moderators(guarded)
