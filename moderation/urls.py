"""Addresses of those who decide, below /admin/comments/queue/."""

from django.urls import path

from moderation import batches, block_views, filter_views, log_views, number_views, one, person_views, presence, queue

urlpatterns = [
    path("", queue.queue, name="queue"),
    path("comments/<int:pk>/", one.comment, name="queue-comment"),
    path("batches/<int:pk>/", batches.page, name="queue-batch"),
    path("people/<int:pk>/", person_views.person, name="queue-person"),
    path("blocks/", block_views.blocks, name="queue-blocks"),
    path("news/", presence.news, name="queue-news"),
    path("looking/", presence.looking, name="queue-looking"),
    path("log/", log_views.log, name="queue-log"),
    path("numbers/", number_views.numbers, name="queue-numbers"),
    path("filter/", filter_views.filter_page, name="queue-filter"),
    path("log/log.csv", log_views.log_file, name="queue-log-file"),
]
