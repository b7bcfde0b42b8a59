"""Who may moderate which comments: moderators all, authors those on their own essays if the owner allows it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.middleware import Request
from accounts.models import Commenter, User
from blog.models import Authorship
from comments.models import Comment, CommentQuerySet, Rules
from server.logged_out import keep_posted_form, wants_json

P = ParamSpec("P")
TYPED = ("text", "why", "told", "sentence")  # the fields of moderators' forms for texts of their own


@dataclass(frozen=True)
class Rights:
    """What one user may moderate; every view and action reads `comments()`."""

    user: User
    is_site_wide: bool

    def comments(self) -> CommentQuerySet:
        """Return the comments that the user may moderate: all, or those on their own essays."""
        found: CommentQuerySet = Comment.objects.all()
        return found if self.is_site_wide else found.filter(essay__in=self.own_essays)

    def allowed_among(self, few: CommentQuerySet) -> CommentQuerySet:
        """Return those of a few comments that the user may moderate.

        `+ 0`, as SQLite would otherwise read all comments on the user's essays to find the few.
        """
        if self.is_site_wide:
            return few
        return few.alias(its_essay=F("essay_id") + 0).filter(its_essay__in=self.own_essays)

    @cached_property
    def own_essays(self) -> list[int]:
        """The keys of the essays that the user wrote or co-wrote.

        A list: with a subquery beside another condition, PostgreSQL reads all comments.
        """
        return list(Authorship.objects.filter(author=self.user).order_by().values_list("essay", flat=True))

    @property
    def own_commenters(self) -> list[Commenter]:
        """The user as commenter, or nothing if they have never commented."""
        return [self.user.commenter] if hasattr(self.user, "commenter") else []


def rights_of(user: User) -> Rights | None:
    """Return a user's rights, or None if they may moderate nothing."""
    if not user.is_active:
        return None
    if user.has_perm("comments.add_decision"):
        return Rights(user, is_site_wide=True)
    if Rules.objects.current().authors_moderate and Authorship.objects.filter(author=user).exists():
        return Rights(user, is_site_wide=False)
    return None


def has_typed_text(request: HttpRequest) -> bool:
    """Return whether a posted form of moderators' pages has text that someone typed."""
    return any(request.POST.get(name, "").strip() for name in TYPED)


def moderator_required(
    view: Callable[Concatenate[Request, Rights, P], HttpResponse],
) -> Callable[Concatenate[Request, P], HttpResponse]:
    """Pass the user's rights to the view; redirect visitors to the login, answer other users with 403.

    What a moderator typed before the session ended is kept.
    """

    @wraps(view)
    def wrapper(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not isinstance(request.user, User):
            if request.method == "POST" and (has_typed_text(request) or wants_json(request)):
                return keep_posted_form(request, _("Nothing was saved. What you entered is kept on this page."))
            return redirect_to_login(request.get_full_path())
        rights = rights_of(request.user)
        if rights is None:
            raise PermissionDenied(_("Only moderators can open the queue. Ask the site owner for access."))
        return view(request, rights, *args, **kwargs)

    return wrapper


def site_moderator_required(
    view: Callable[Concatenate[Request, Rights, P], HttpResponse],
) -> Callable[Concatenate[Request, P], HttpResponse]:
    """Like moderator_required(), but only for moderators of the whole site."""

    @wraps(view)
    def wrapper(request: Request, rights: Rights, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not rights.is_site_wide:
            raise PermissionDenied(_("Only moderators of the whole site can do this."))
        return view(request, rights, *args, **kwargs)

    return moderator_required(wrapper)
