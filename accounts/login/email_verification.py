"""Verified email addresses, each of one user, who never loses it to one who only typed it."""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress, Login
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from accounts.allauth_private import perform_login, record_authentication
from accounts.models import Commenter, User, email_if_it_fits
from accounts.profiles import merging


def is_verified(user: User, email: str) -> bool:
    return EmailAddress.objects.filter(user=user, email=email.lower(), verified=True).exists()


def is_verified_by_another(email: str, user: User | None) -> bool:
    """Return whether another user has verified the address. `user` may be deleted or not saved yet."""
    verified = EmailAddress.objects.filter(email=email.lower(), verified=True)
    return verified.exclude(user=user.pk if user else None).exists()


def belongs_to_staff(email: str) -> bool:
    """Return whether the address belongs to a user with access to the admin or other permissions."""
    staff = User.objects.filter(
        Q(is_staff=True) | Q(is_superuser=True) | Q(groups__isnull=False) | Q(user_permissions__isnull=False)
    )
    verified = EmailAddress.objects.filter(email=email.lower(), verified=True)
    return staff.filter(Q(email__iexact=email) | Q(pk__in=verified.values("user"))).exists()


def get_or_create_user(email: str, *, name: str = "") -> User:
    """Return the user of an address that was just verified: the one who verified it before, or a new one called `name`.

    An account that only claimed the address gets nothing and can no longer be entered by it.
    """
    email = email.lower()
    for _again in range(2):
        if known := EmailAddress.objects.filter(email=email, verified=True).select_related("user").first():
            return known.user
        try:
            with transaction.atomic():
                name = revoke_unverified_claims(email) or name
                return create_user(email, name)
        except IntegrityError:  # verified by another request at the same moment
            continue
    raise RuntimeError(f"The address {email!r} could not be given to an account.")


def log_in_by_link(request: HttpRequest, user: User, email: str, *, target: str) -> HttpResponse:
    """Log in a user by a link emailed to this address, and redirect to `target`, after two-factor authentication."""
    record_authentication(request, user, method="code", email=email)
    response: HttpResponse = perform_login(request, Login(user=user, email=email, redirect_url=target))
    return response


def add_verified(user: User, email: str) -> None:
    """Add a verified address to a user, unless any user has verified it before."""
    email = email.lower()
    if EmailAddress.objects.filter(email=email, verified=True).exists():
        return
    EmailAddress.objects.filter(user=user, email=email).delete()
    revoke_unverified_claims(email)
    is_first = not EmailAddress.objects.filter(user=user, primary=True).exists()
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=is_first)
    if is_first:
        User.objects.filter(pk=user.pk).update(email=email)
        Commenter.objects.filter(user=user).update(email=email_if_it_fits(email))


def create_user(email: str, name: str) -> User:
    """Create a user without a password, whose address counts as verified."""
    user = User(email=email, name=name, username=get_adapter().generate_unique_username([name]))
    user.set_unusable_password()
    user.save()
    user.verify_address()
    return user


@transaction.atomic
def revoke_unverified_claims(email: str) -> str:
    """Remove a verified address from accounts that only claimed it; return the name of a deleted account or "".

    An account that was made with this address and never used is deleted, so its password and sessions are void. Others
    lose only the address.
    """
    name = ""
    claimed = EmailAddress.objects.filter(email=email.lower(), verified=False)
    for user in User.objects.filter(pk__in=claimed.values("user")).order_by("pk"):
        if is_unused(user):
            name = user.name
            user.delete()
        else:
            claimed.filter(user=user).delete()
            User.objects.filter(pk=user.pk, email__iexact=email).update(email="")
            Commenter.objects.filter(user=user, email__iexact=email).update(email="")
    return name


def is_unused(user: User) -> bool:
    """Return whether an account was never used and has no other login method."""
    if user.last_login or user.is_staff or user.is_superuser or not user.is_active or merging.has_other_rows(user):
        return False
    models = (SocialAccount, Authenticator, Commenter)
    has_rows = any(model._default_manager.filter(user=user).exists() for model in models)
    return not has_rows and not EmailAddress.objects.filter(user=user, verified=True).exists()
