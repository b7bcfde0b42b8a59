"""What a kept page was made from, as numbers that only ever grow."""

from django.db import models


class Generation(models.Model):
    """One thing pages are made from, such as `site`, `comments` or `essay:12`; written by `bump` alone."""

    key = models.CharField(max_length=64, primary_key=True)
    number = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.key} {self.number}"
