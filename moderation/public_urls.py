"""URLs of moderation outside the admin. Included before blog's, whose last patterns match any path."""

from django.conf import settings
from django.urls import path

from moderation.queue import by_email

urlpatterns = [
    path(f"{settings.DECISION_PATH}<str:token>/", by_email.decide_by_email, name="decide-by-mail"),
    path(settings.QUEUE_EMAIL_PATH, by_email.choose_frequency, name="queue-mail"),
]
