"""URLs of accounts: our own pages, then allauth's."""

from importlib import import_module

from allauth.socialaccount.providers import registry
from django.urls import URLPattern, URLResolver, include, path

from accounts.pages import avatar_views, invitations, views

packages = dict.fromkeys(provider.get_package() for provider in registry.get_class_list())

urlpatterns: list[URLPattern | URLResolver] = [
    path("done/", views.login_done, name="login_done"),
    path("picture/", avatar_views.picture, name="account_picture"),
    path("me/", views.account, name="account_me"),
    path("with/<slug:provider>/", views.start_login, name="account_enter"),
    path("password/remove/", views.remove_password, name="account_remove_password"),
    path("sessions/", views.sessions_page, name="usersessions_list"),
    path("2fa/totp/activate/", views.ActivateTOTPView.as_view(), name="mfa_activate_totp"),
    path("2fa/webauthn/add/", views.AddPasskeyView.as_view(), name="mfa_add_webauthn"),
    path("login/code/confirm/", views.ConfirmCodeView.as_view(), name="account_confirm_login_code"),
    path("password/reset/confirm/", views.ConfirmResetCodeView.as_view(), name="account_confirm_password_reset_code"),
    path("invitation/<str:token>/", invitations.invitation, name="account_invitation"),
    path("", include("allauth.account.urls")),
    path("3rdparty/", include("allauth.socialaccount.urls")),
    path("2fa/", include("allauth.mfa.urls")),
    *(path("", include(import_module(f"{package}.urls"))) for package in packages),
]
