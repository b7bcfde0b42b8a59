"""Addresses of moderation outside of the admin. Included before blog's, whose last patterns take any path."""

from django.urls import path

from moderation.decisions import by_email
from moderation.reports import appeal_views, report_views

urlpatterns = [
    path("comments/<int:pk>/report/", report_views.report, name="report-comment"),
    path("comments/<int:pk>/appeal/", appeal_views.appeal, name="appeal-comment"),
    path("comments/decide/<str:token>/", by_email.decide, name="decide-by-mail"),
    path("accounts/queue-mail/", by_email.choose, name="queue-mail"),
]
