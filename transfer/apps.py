"""The app: in and out."""

from django.apps import AppConfig


class TransferConfig(AppConfig):
    name = "transfer"
