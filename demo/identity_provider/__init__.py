"""The demo identity provider: imitates X, Facebook, WordPress.com and an OpenID Connect server on loopback."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

if not settings.DEBUG:
    raise ImproperlyConfigured(
        "The demo identity provider logs anyone in without a password, so it only runs with DEBUG=1."
    )
