"""The numbers of threads."""

from django.db import models


class TreeNumber(models.Model):
    """A row for each thread, whose key is the thread's `tree_id`: two roots written at once never share one."""

    def __str__(self) -> str:
        return str(self.pk)
