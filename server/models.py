"""What the server itself remembers: who has to wait, which jobs are in hand, when the clock strikes next."""

from django.db import models


class Bucket(models.Model):
    """How far somebody, known by a keyed hash alone, has drawn on a limit; times are seconds since the epoch."""

    key = models.CharField(max_length=64, primary_key=True)
    drawn_until = models.FloatField(db_index=True)

    def __str__(self) -> str:
        return self.key


class Tick(models.Model):
    """When a periodic job is due; whoever moves `due` on enqueues it."""

    name = models.CharField(max_length=200, primary_key=True)
    due = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Lease(models.Model):
    """A sign of life from a worker with a long job in hand."""

    worker = models.CharField(max_length=64, primary_key=True)
    renewed = models.DateTimeField()

    def __str__(self) -> str:
        return self.worker
