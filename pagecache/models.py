"""The generations that cached pages depend on, as numbers that only rise."""

from django.db import models


class Generation(models.Model):
    """One thing that pages depend on, such as `site`, `comments` or `essay:12`; written by `invalidate` alone."""

    key = models.CharField(max_length=64, primary_key=True)
    number = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.key} {self.number}"
