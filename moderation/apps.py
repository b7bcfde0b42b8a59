"""The app of the moderators' pages and actions."""

from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "moderation"
