"""URLs of moderators' pages, below /admin/comments/queue/."""

from django.urls import path

from moderation.insights import filter_views
from moderation.insights import views as statistics_views
from moderation.log import views as log_views
from moderation.people import block_views
from moderation.people import views as person_views
from moderation.queue import batches, detail, presence
from moderation.queue import views as queue_views

urlpatterns = [
    path("", queue_views.queue, name="queue"),
    path("comments/<int:pk>/", detail.comment, name="queue-comment"),
    path("batches/<int:pk>/", batches.page, name="queue-batch"),
    path("people/<int:pk>/", person_views.person, name="queue-person"),
    path("blocks/", block_views.blocks, name="queue-blocks"),
    path("news/", presence.news, name="queue-news"),
    path("looking/", presence.looking, name="queue-looking"),
    path("log/", log_views.log, name="queue-log"),
    path("numbers/", statistics_views.numbers, name="queue-numbers"),
    path("filter/", filter_views.filter_page, name="queue-filter"),
    path("log/log.csv", log_views.log_file, name="queue-log-file"),
]
