"""The app that imports and exports."""

from django.apps import AppConfig


class TransferConfig(AppConfig):
    name = "transfer"
