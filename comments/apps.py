"""The app: what is answered."""

from django.apps import AppConfig


class CommentsConfig(AppConfig):
    name = "comments"
