"""What the clock does for people's accounts."""

from accounts import encryption, invitations, pictures
from server.jobs import every, job


@every(days=1)
@job()
def sweep_pictures() -> None:
    pictures.sweep()


@every(days=1)
@job()
def forget_invitations() -> None:
    invitations.forget_old()


@every(days=1)
@job()
def renew_encryption() -> None:
    encryption.renew()
