"""The app with the table of generations."""

from django.apps import AppConfig


class PageCacheConfig(AppConfig):
    name = "pagecache"
    default_auto_field = "django.db.models.BigAutoField"
