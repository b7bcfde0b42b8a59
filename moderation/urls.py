"""Addresses of those who decide, below /admin/comments/queue/."""

from django.urls import path

from moderation import log_views, queue

urlpatterns = [
    path("", queue.queue, name="queue"),
    path("log/", log_views.log, name="queue-log"),
    path("log/log.csv", log_views.log_file, name="queue-log-file"),
]
