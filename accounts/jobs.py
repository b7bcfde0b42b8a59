"""Daily maintenance jobs of accounts."""

from accounts.login import encryption
from accounts.pages import invitations
from accounts.profiles import avatars
from server.jobs.tasks import every, job


@every(days=1)
@job()
def sweep_pictures() -> None:
    avatars.sweep()


@every(days=1)
@job()
def delete_old_invitations() -> None:
    invitations.forget_old()


@every(days=1)
@job()
def renew_encryption() -> None:
    encryption.renew()
