"""Models of the site, its essays and pages, and their tags, series, pictures, revisions and redirects."""

from blog.models.announcement import DELAY as ANNOUNCEMENT_DELAY
from blog.models.announcement import Announcement
from blog.models.authorship import Authorship
from blog.models.draft import Draft
from blog.models.essay import ESSAY_KEY, MENU_LIMIT, RESERVED_SLUGS, Essay, EssayQuerySet, prefetch_bylines
from blog.models.image import Image
from blog.models.preview_link import PreviewLink
from blog.models.profile import Profile
from blog.models.redirect import Redirect
from blog.models.revision import Revision, Text
from blog.models.series import Series
from blog.models.site import Site
from blog.models.tag import Tag
from blog.models.typesetting import typeset

__all__ = [
    "ANNOUNCEMENT_DELAY", "ESSAY_KEY", "MENU_LIMIT", "RESERVED_SLUGS", "Announcement", "Authorship", "Draft", "Essay",
    "EssayQuerySet", "Image", "PreviewLink", "Profile", "Redirect", "Revision", "Series", "Site", "Tag", "Text",
    "prefetch_bylines", "typeset",
]  # fmt: skip
