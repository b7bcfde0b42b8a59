"""Models of the site, its essays and pages, and their tags, series, pictures, revisions and redirects."""

from blog.models.draft import Draft
from blog.models.essay import (
    ESSAY_KEY,
    MENU_LIMIT,
    RESERVED_SLUGS,
    Authorship,
    AuthorshipManager,
    Essay,
    EssayQuerySet,
    prefetch_bylines,
)
from blog.models.image import Image, ImageQuerySet
from blog.models.preview_link import PreviewLink, PreviewLinkQuerySet
from blog.models.profile import Profile, ProfileManager
from blog.models.redirect import Redirect
from blog.models.revision import Revision, RevisionQuerySet, Text
from blog.models.series import Series
from blog.models.site import Site, SiteManager, validate_time_zone
from blog.models.tag import Tag, TagQuerySet

__all__ = [
    "ESSAY_KEY",
    "MENU_LIMIT",
    "RESERVED_SLUGS",
    "Authorship",
    "AuthorshipManager",
    "Draft",
    "Essay",
    "EssayQuerySet",
    "Image",
    "ImageQuerySet",
    "PreviewLink",
    "PreviewLinkQuerySet",
    "Profile",
    "ProfileManager",
    "Redirect",
    "Revision",
    "RevisionQuerySet",
    "Series",
    "Site",
    "SiteManager",
    "Tag",
    "TagQuerySet",
    "Text",
    "prefetch_bylines",
    "validate_time_zone",
]
