"""Login and callback URLs of our own providers."""

from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.urls import path

from accounts.providers.provider import provider_classes

urlpatterns = [
    path(
        f"{provider.id}/{route}/",
        view.adapter_view(provider.oauth2_adapter_class),  # type: ignore[no-untyped-call]
        name=f"{provider.id}_{name}",
    )
    for provider in provider_classes
    for route, name, view in (("login", "login", OAuth2LoginView), ("login/callback", "callback", OAuth2CallbackView))
]
