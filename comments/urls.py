"""Addresses of what is said. Imported before blog's, whose last patterns take any path."""

from django.urls import path

import blog.urls  # noqa: F401 – registers the converters of dates and slugs
from comments import feeds, views

urlpatterns = [
    path("<yyyy:year>/<mm:month>/<dd:day>/<uslug:slug>/respond/", views.respond, name="respond"),
    path("<yyyy:year>/<mm:month>/<dd:day>/<uslug:slug>/feed/", feeds.EssayCommentsFeed.view, name="essay-feed"),
    path("<uslug:slug>/respond/", views.respond, name="respond-page"),
    path("comments/<int:pk>/", views.comment, name="comment"),
    path("comments/feed/", feeds.CommentsFeed.view, name="comments-feed"),
]
