"""Whose an address is, once somebody has proved that they read its mail: never a log-in's that only claimed it."""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.models import Commenter, User, email_with_room
from accounts.profiles import merging


def is_proved(user: User, email: str) -> bool:
    return EmailAddress.objects.filter(user=user, email=email.lower(), verified=True).exists()


def is_somebody_elses(email: str, user: User | None) -> bool:
    """`user` may be gone meanwhile, or not be saved yet."""
    proved = EmailAddress.objects.filter(email=email.lower(), verified=True)
    return proved.exclude(user=user.pk if user else None).exists()


def is_of_staff(email: str) -> bool:
    """Whether a verified address belongs to someone who may open the admin or has rights of another kind."""
    staff = User.objects.filter(
        Q(is_staff=True) | Q(is_superuser=True) | Q(groups__isnull=False) | Q(user_permissions__isnull=False)
    )
    verified = EmailAddress.objects.filter(email=email.lower(), verified=True)
    return staff.filter(Q(email__iexact=email) | Q(pk__in=verified.values("user"))).exists()


def account_of(email: str, *, name: str = "") -> User:
    """The log-in of whoever has just proved this address; a new one, called `name`, where nobody had proved it before.

    Somebody who typed it here earlier gets nothing of what comes now, and who made an account with it keeps no way in.
    """
    email = email.lower()
    for _again in range(2):
        if proved := EmailAddress.objects.filter(email=email, verified=True).select_related("user").first():
            return proved.user
        try:
            with transaction.atomic():
                name = release(email) or name
                return newcomer(email, name)
        except IntegrityError:  # proved in the same moment elsewhere
            continue
    raise RuntimeError(f"The address {email!r} could not be given to an account.")


def add(user: User, email: str) -> None:
    """One more address of theirs that is proved, unless it is proved to be somebody else's."""
    email = email.lower()
    if EmailAddress.objects.filter(email=email, verified=True).exists():
        return
    EmailAddress.objects.filter(user=user, email=email).delete()
    release(email)
    is_first = not EmailAddress.objects.filter(user=user, primary=True).exists()
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=is_first)
    if is_first:
        User.objects.filter(pk=user.pk).update(email=email)
        Commenter.objects.filter(user=user).update(email=email_with_room(email))


def newcomer(email: str, name: str) -> User:
    user = User(email=email, name=name, username=get_adapter().generate_unique_username([name]))
    user.set_unusable_password()
    user.save()
    user.prove_address()
    return user


@transaction.atomic
def release(email: str) -> str:
    """Take a proved address from everybody who only claimed it; the name of an account that was nobody's, if any.

    Such an account was made with this address and never entered: it goes, with its password and whatever a browser
    still remembers of it. Others lose the address alone.
    """
    name = ""
    claimed = EmailAddress.objects.filter(email=email.lower(), verified=False)
    for user in User.objects.filter(pk__in=claimed.values("user")).order_by("pk"):
        if is_nobodys(user):
            name = user.name
            user.delete()
        else:
            claimed.filter(user=user).delete()
            User.objects.filter(pk=user.pk, email__iexact=email).update(email="")
            Commenter.objects.filter(user=user, email__iexact=email).update(email="")
    return name


def is_nobodys(user: User) -> bool:
    """Whether an account was only ever asked for: nobody was in it, and nobody has another way in."""
    if user.last_login or user.is_staff or user.is_superuser or not user.is_active or merging.holds_more(user):
        return False
    ways = (
        EmailAddress.objects.filter(user=user, verified=True),
        SocialAccount.objects.filter(user=user),
        Authenticator.objects.filter(user=user),
        Commenter.objects.filter(user=user),
    )
    return not any(way.exists() for way in ways)
