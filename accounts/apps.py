"""The app: who speaks."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
