"""URLs of moderators' pages, below /admin/comments/queue/."""

from django.urls import path

from moderation.insights import filter_views
from moderation.insights import views as statistics_views
from moderation.log import views as log_views
from moderation.people import block_views
from moderation.people import views as person_views
from moderation.queue import batch_views, detail, presence
from moderation.queue import views as queue_views

urlpatterns = [
    path("", queue_views.queue_page, name="queue"),
    path("comments/<int:pk>/", detail.comment_page, name="queue-comment"),
    path("batches/<int:pk>/", batch_views.batch_page, name="queue-batch"),
    path("people/<int:pk>/", person_views.person_page, name="queue-person"),
    path("blocks/", block_views.blocks_page, name="queue-blocks"),
    path("news/", presence.queue_changes, name="queue-news"),
    path("looking/", presence.report_viewing, name="queue-looking"),
    path("log/", log_views.log_page, name="queue-log"),
    path("numbers/", statistics_views.statistics_page, name="queue-numbers"),
    path("filter/", filter_views.filter_page, name="queue-filter"),
    path("log/log.csv", log_views.log_csv, name="queue-log-file"),
]
