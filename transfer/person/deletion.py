"""A person's request to delete their data: confirmed after a fresh login, within an hour."""

import time
from dataclasses import astuple, dataclass, field
from typing import Any, Self

from allauth.account.authentication import get_authentication_records
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.http import urlencode

from accounts import erasure
from accounts.middleware import Request
from accounts.models import Commenter
from accounts.profiles import merging
from comments.posting import editing

SALT = "transfer.person.deletion"
MAX_AGE = 60 * 60  # seconds
CHOICES = {"stay", "go"}


@transaction.atomic
def delete_person(commenter: Commenter, *, keep_comments: bool) -> None:
    """Delete a person; their comments stay as “Anonymous” or are erased. Raises erasure.NotErasable."""
    if not erasure.is_erasable(commenter):
        raise erasure.NotErasable
    merging.lock_rows(Commenter, commenter.pk)  # before any thread: post() locks in this order too
    if not keep_comments:
        editing.erase_all(commenter)
    erasure.erase(commenter)


@dataclass(frozen=True)
class DeletionRequest:
    """A request, signed and stored in an address, so that it outlives the session."""

    commenter: int
    choice: str  # for their comments: "stay" or "go"
    made: float = field(default_factory=time.time)

    @classmethod
    def read(cls, token: str) -> Self | None:
        """Return the request, or None if it is invalid or expired."""
        try:
            values: Any = signing.loads(token, salt=SALT, max_age=MAX_AGE)
        except signing.BadSignature:
            return None
        return cls(*values)

    @property
    def token(self) -> str:
        """The request, signed."""
        return signing.dumps(astuple(self), salt=SALT)

    @property
    def url(self) -> str:
        """The address of the confirmation page."""
        return f"{reverse('forget')}?{urlencode({'request': self.token})}"

    def belongs_to(self, request: Request) -> bool:
        """Return whether the visitor is the one who asked to be deleted."""
        return request.commenter is not None and request.commenter.pk == self.commenter

    def is_confirmable(self, request: Request) -> bool:
        """Return whether the person has logged in since asking; guests only have their browser's cookie."""
        if not request.user.is_authenticated:
            return True
        logins: list[dict[str, Any]] = get_authentication_records(request, request.user)
        return any(login["at"] >= self.made for login in logins)
