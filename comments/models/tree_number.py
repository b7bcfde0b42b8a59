"""Unique numbers of threads."""

from django.db import models


class TreeNumber(models.Model):
    """A row per thread whose key is the thread's `tree_id`, so that two roots written at once never share one."""

    def __str__(self) -> str:
        return str(self.pk)
