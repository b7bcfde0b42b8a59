"""Addresses of what is said. Imported before blog's, whose last patterns take any path."""

from django.urls import URLPattern, URLResolver, include, path

import blog.urls  # noqa: F401 – registers the converters of dates and slugs
from comments import feeds, identity, mine, views

row = [
    path("connect/<slug:provider>/", identity.connect, name="connect"),
    path("log-out/", identity.log_out, name="log-out"),
    path("change/", identity.change, name="change"),
    path("identity/", identity.block, name="identity"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("<yyyy:year>/<mm:month>/<dd:day>/<uslug:slug>/", include(row)),
    path("<yyyy:year>/<mm:month>/<dd:day>/<uslug:slug>/respond/", views.respond, name="respond"),
    path("<yyyy:year>/<mm:month>/<dd:day>/<uslug:slug>/feed/", feeds.EssayCommentsFeed.view, name="essay-feed"),
    path("<uslug:slug>/", include(row)),
    path("<uslug:slug>/respond/", views.respond, name="respond-page"),
    path("comments/<int:pk>/", views.comment, name="comment"),
    path("comments/mine/", mine.mine, name="my-comments"),
    path("comments/feed/", feeds.CommentsFeed.view, name="comments-feed"),
]
