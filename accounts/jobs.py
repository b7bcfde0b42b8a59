"""Daily maintenance jobs of accounts."""

from accounts.login import encryption
from accounts.pages import invitations
from accounts.profiles import avatars
from server.jobs.tasks import every, job


@every(days=1)
@job()
def delete_unused_avatars() -> None:
    avatars.delete_unused()


@every(days=1)
@job()
def delete_old_invitations() -> None:
    invitations.delete_old()


@every(days=1)
@job()
def reencrypt_two_factor_secrets() -> None:
    encryption.reencrypt_all()
