"""Our configured providers, for allauth's registry."""

from django.conf import settings

from accounts.providers.facebook import FacebookProvider
from accounts.providers.wordpress import WordPressProvider
from accounts.providers.x import XProvider

provider_classes = [
    provider
    for provider in (XProvider, FacebookProvider, WordPressProvider)
    if provider.id in settings.SOCIALACCOUNT_PROVIDERS
]
