"""Addresses of those who decide, below /admin/comments/queue/."""

from django.urls import path

from moderation import batches, log_views, one, presence, queue

urlpatterns = [
    path("", queue.queue, name="queue"),
    path("comments/<int:pk>/", one.comment, name="queue-comment"),
    path("batches/<int:pk>/", batches.page, name="queue-batch"),
    path("news/", presence.news, name="queue-news"),
    path("looking/", presence.looking, name="queue-looking"),
    path("log/", log_views.log, name="queue-log"),
    path("log/log.csv", log_views.log_file, name="queue-log-file"),
]
