"""Addresses of moderation outside of the admin. Included before blog's, whose last patterns take any path."""

from django.urls import path

from moderation import appeal_views, mailed, report_views

urlpatterns = [
    path("comments/<int:pk>/report/", report_views.report, name="report-comment"),
    path("comments/<int:pk>/appeal/", appeal_views.appeal, name="appeal-comment"),
    path("comments/decide/<str:token>/", mailed.decide, name="decide-by-mail"),
    path("accounts/queue-mail/", mailed.choose, name="queue-mail"),
]
