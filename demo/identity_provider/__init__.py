"""The demo identity provider: plays X, Facebook, WordPress.com and an OpenID Connect server on loopback."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

if not settings.DEBUG:
    raise ImproperlyConfigured(
        "The demo identity provider lets anybody be anybody, without a password: it is for DEBUG alone."
    )
