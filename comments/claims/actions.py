"""Claiming guest comments: an emailed link adds those posted with the email's address to an account.

Each claim needs a new email: typing an address proves nothing, and one verified earlier may belong to others by now.
"""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation

from accounts.models import Commenter, User
from accounts.profiles import merging
from blog.models import Site
from comments.models import Comment
from comments.notifications.compose import render_email
from comments.notifications.signed_links import CLAIM_MAX_AGE, ClaimToken, claim_url
from server.http import ratelimit
from server.jobs.tasks import job

PER_HOUR = 3


def find_guest(pk: int) -> Commenter | None:
    """Return the guest, if they gave an email address."""
    return Commenter.objects.guests().filter(pk=pk).exclude(email="").first()


def comments_by_guests(email: str) -> QuerySet[Comment]:
    """Select the guest comments with this address by the guest's name, newest first."""
    comments: QuerySet[Comment] = Comment.objects.filter(commenter__user=None, commenter__email__iexact=email)
    return comments.select_related("commenter", "essay").order_by("commenter__name", "-pk")


@transaction.atomic
def request_email(guest: Commenter, sender: str) -> float:
    """Email a link to the guest, and return 0, or the seconds to wait if the guest or IP address got too many."""
    seconds = ratelimit.acquire("claim", [f"mail {guest.email.lower()}", sender], 3600, count=PER_HOUR)
    if seconds:
        transaction.set_rollback(True)
    else:
        send_email.enqueue(guest.pk)
    return seconds


@job(retry=True, is_email=True)
def send_email(guest_pk: int) -> None:
    """Email a link. It contains nothing the guest typed, not even the name: the recipient may be another person."""
    if guest := find_guest(guest_pk):
        site = Site.objects.current()
        with translation.override(site.language):
            context = {"site": site, "link": claim_url(guest)}
            render_email("claim", context, to=[guest.email], headers={"Auto-Submitted": "auto-generated"}).send()


def spend(link: ClaimToken, purpose: str) -> bool:
    """Use up the link for a purpose, in the transaction that it permits, and return whether it was unused."""
    return not ratelimit.acquire(f"claim {purpose}", link.nonce, CLAIM_MAX_AGE.total_seconds())


@transaction.atomic
def add_comments(link: ClaimToken, comments: QuerySet[Comment], user: User) -> int:
    """Merge the authors of these comments with the user, and return how many comments, or 0 if the link was used."""
    if not spend(link, "join"):
        return 0
    count, commenter = comments.count(), Commenter.objects.for_user(user)
    for guest in Commenter.objects.filter(pk__in=comments.order_by().values("commenter")).order_by("pk"):
        commenter = merging.merge_commenters(guest, commenter)
    return count
