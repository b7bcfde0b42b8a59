"""URLs of moderation outside the admin. Included before blog's, whose last patterns match any path."""

from django.urls import path

from moderation.decisions import by_email

urlpatterns = [
    path("comments/decide/<str:token>/", by_email.decide_by_email, name="decide-by-mail"),
    path("accounts/queue-mail/", by_email.choose_frequency, name="queue-mail"),
]
