"""Encryption of two-factor secrets with keys derived from SECRET_KEY and its fallbacks."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

SALT = "accounts.login.encryption"
SECRETS = ("secret", "seed")  # as allauth names those of an authenticator app and of recovery codes


def encrypt(text: str) -> str:
    return _cipher().encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Return the text that was encrypted. Raises InvalidToken."""
    return _cipher().decrypt(token).decode()


def is_readable(authenticator: Authenticator) -> bool:
    """Return whether the secrets of an authenticator can be decrypted."""
    try:
        _map_secrets(authenticator, decrypt)
    except InvalidToken:
        return False
    return True


def reencrypt_all() -> None:
    """Re-encrypt secrets of older keys with the current SECRET_KEY, so that the fallbacks can be removed."""
    for pk in Authenticator.objects.values_list("pk", flat=True):
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().filter(pk=pk).first()
            if row and is_readable(row) and (data := _map_secrets(row, _reencrypted)) != row.data:
                row.data = data
                row.save(update_fields=["data"])


def _cipher() -> MultiFernet:
    """Return a cipher that encrypts with the first key and decrypts with all of them."""
    return MultiFernet([_fernet(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _fernet(secret_key: str) -> Fernet:
    return Fernet(urlsafe_b64encode(salted_hmac(SALT, "", secret_key, algorithm="sha256").digest()))


def _reencrypted(token: str) -> str:
    """Return the token as it is if the current SECRET_KEY made it, else one made with it."""
    try:
        _fernet(settings.SECRET_KEY).decrypt(token)
    except InvalidToken:
        return _cipher().rotate(token).decode()
    return token


def _map_secrets(authenticator: Authenticator, change: Callable[[str], str]) -> dict[str, Any]:
    """Return the authenticator's data with `change` applied to each secret."""
    data: dict[str, Any] = authenticator.data
    return data | {name: change(str(data[name])) for name in SECRETS if name in data}
