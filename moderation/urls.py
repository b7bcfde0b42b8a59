"""Addresses of those who decide, below /admin/comments/queue/."""

from django.urls import path

from moderation import queue

urlpatterns = [path("", queue.queue, name="queue")]
