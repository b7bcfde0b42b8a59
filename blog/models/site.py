"""The owner's settings of the site."""

from functools import cache
from typing import Any, NamedTuple
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, connection, models
from django.utils.translation import gettext_lazy as _

from pagecache.declaration import SITE
from pagecache.generations import TABLE
from server.prepared import Statement

# Always one row. The generation is read with the settings: no page from before a change can get its number.
CURRENT = f"""
    SELECT {{}}, COALESCE(number, 0)
    FROM (SELECT MAX(number) AS number FROM {TABLE} WHERE "key" = '{SITE}') AS newest LEFT JOIN blog_site ON id = 1
"""  # noqa: S608


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(
            _("“%(name)s” is not a time zone. Enter one such as Europe/Berlin."), params={"name": name}
        )


class SiteManager(models.Manager["Site"]):
    def current(self) -> "Site":
        """Return the site's settings, or the defaults; in English if the site's language has no translation."""
        query = current_query()
        with query.statement.execute((), connection) as cursor:
            (row,) = query.compiler.apply_converters([cursor.fetchone()], query.converters)
        *values, generation = row
        found = Site.from_db(DEFAULT_DB_ALIAS, query.names, values) if values[0] else Site(pk=1)
        found.generation = generation
        if found.language not in dict(settings.SITE_LANGUAGES):
            found.language = settings.LANGUAGE_CODE
        return found


class CurrentQuery(NamedTuple):
    statement: Statement
    names: list[str]  # of the fields
    compiler: Any
    converters: Any


@cache
def current_query() -> CurrentQuery:
    """Return the query of the settings; every request runs it, so it is built once."""
    fields = Site._meta.concrete_fields  # the first is the primary key
    columns = ", ".join(f'blog_site."{field.column}"' for field in fields)
    compiler = Site.objects.get_queryset().query.get_compiler(DEFAULT_DB_ALIAS)
    converters = compiler.get_converters([field.get_col("blog_site") for field in fields])
    return CurrentQuery(
        Statement(CURRENT.format(columns), ()), [field.attname for field in fields], compiler, converters
    )


class Site(models.Model):
    """The owner's settings: one row."""

    name = models.CharField(_("name"), max_length=100, default="Rejoinder")
    tagline = models.CharField(_("tagline"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=12, default=settings.LANGUAGE_CODE)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_time_zone])
    public_record = models.BooleanField(
        _("publish moderation statistics"),
        default=False,
        help_text=_("Adds a public page at /moderation/ with monthly counts, without names."),
    )
    essays_per_page = models.PositiveSmallIntegerField(_("essays per page"), default=10)
    show_covers = models.BooleanField(
        _("show cover pictures in lists"),
        default=False,
        help_text=_("On the home page and on the pages of tags, series and authors."),
    )
    formulas = models.BooleanField(
        _("show formulas"),
        default=False,
        db_default=False,  # for backups made before this column
        help_text=_("Essays show TeX between $$ and $$, or \\( and \\), as formulas."),
    )
    public_versions = models.BooleanField(
        _("show earlier versions of essays"),
        default=False,
        db_default=False,  # for backups made before this column
        help_text=_("Readers can compare what was published before. Authors can withdraw a version."),
    )

    generation = 0  # number of the page cache's generation for the whole site, when current() read the settings

    objects = SiteManager()

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("site")
        constraints = (models.CheckConstraint(condition=models.Q(pk=1), name="site_is_one_row"),)

    def __str__(self) -> str:
        return self.name
