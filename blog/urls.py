"""URLs of the readers' pages, in WordPress.com's forms so that sites that move here keep their links."""

from django.urls import path, re_path, register_converter
from django.urls.converters import IntConverter, StringConverter

from blog import cards, feeds, sitemaps, views
from blog.writing import preview


class Year(IntConverter):
    regex = "(?!0000)[0-9]{4}"


class Month(IntConverter):
    regex = "(?:0[1-9]|1[0-2])"


class Day(IntConverter):
    regex = "(?:0[1-9]|[12][0-9]|3[01])"


class Slug(StringConverter):
    regex = r"[-\w]+"


register_converter(Year, "yyyy")
register_converter(Month, "mm")
register_converter(Day, "dd")
register_converter(Slug, "uslug")

urlpatterns = [
    path("", views.home, name="home"),
    path("archive/", views.archive, name="archive"),
    path("tag/<uslug:slug>/", views.tag, name="tag"),
    path("tag/<uslug:slug>/feed/", feeds.TagFeed.view, name="tag-feed"),
    path("series/", views.all_series, name="all-series"),
    path("series/<uslug:slug>/", views.series, name="series"),
    path("series/<uslug:slug>/feed/", feeds.SeriesFeed.view, name="series-feed"),
    path("category/<path:path>/", views.category, name="category"),
    path("author/<str:username>/", views.author, name="author"),
    path("author/<str:username>/feed/", feeds.AuthorFeed.view, name="author-feed"),
    path("feed/", feeds.EssaysFeed.view, name="feed"),
    path("feed/atom/", feeds.EssaysAtomFeed.view, name="atom"),
    path("feed.json", feeds.EssaysJsonFeed.view, name="json-feed"),
    path("sitemap.xml", sitemaps.sitemap_index, name="sitemap"),
    path("sitemap-<str:section>.xml", sitemaps.sitemap_part, name="sitemap-part"),
    path("cards/site-<slug:version>.png", cards.card_of_site, name="site-card"),
    path("cards/<int:pk>-<slug:version>.png", cards.card, name="card"),
    path("preview/<str:token>/", preview.show_preview, name="preview"),
    path("robots.txt", views.robots, name="robots"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("<yyyy:year>/", views.archive, name="year"),
    path("<yyyy:year>/<mm:month>/", views.archive, name="month"),
    path("<yyyy:year>/<mm:month>/<dd:day>/", views.archive, name="day"),
    path("<yyyy:year>/<mm:month>/<dd:day>/<uslug:slug>/", views.essay, name="essay"),
    path("<yyyy:year>/<mm:month>/<dd:day>/<uslug:slug>/cite/", views.cite, name="cite"),
    path("<uslug:slug>/", views.page, name="page"),
    re_path(r"^(?!admin/).+/$", views.redirect_moved),
]
