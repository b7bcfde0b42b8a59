"""Tables of the server: rate limits, the schedule, and leases of workers."""

from django.db import models


class Bucket(models.Model):
    """One rate limit of one client, known by a keyed hash alone; times are seconds since the epoch."""

    key = models.CharField(max_length=64, primary_key=True)
    reserved_until = models.FloatField(db_index=True)

    def __str__(self) -> str:
        return self.key


class Tick(models.Model):
    """When a periodic job is due; the worker that moves `due` on enqueues it."""

    name = models.CharField(max_length=200, primary_key=True)
    due = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Lease(models.Model):
    """A sign of life from a worker that runs a long job, or from a host that runs a worker (server/jobs/hosts.py)."""

    worker = models.CharField(max_length=64, primary_key=True)
    renewed = models.DateTimeField()

    def __str__(self) -> str:
        return self.worker
