"""Comment settings of the site, and those of single essays."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery, Value
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import QueueMail, User
from blog.models import Authorship, Essay, Revision
from comments.models.permissions import moderators
from server.prepared import Prepared, PreparedInsert

ESSAY_PARAMETERS: dict[str, Any] = {
    "slug": models.TextField(), "now": models.DateTimeField(), "dated": models.DateField(),
    "user": models.BigIntegerField(), "email": models.TextField(), "quoted": models.BigIntegerField(),
}  # fmt: skip
MAX_EDIT_MINUTES = 60 * 24 * 366  # minutes

DAYS_VALIDATORS = (MaxValueValidator(36_500, _("Enter at most 36,500 days.")),)
LEVELS_VALIDATORS = (
    MinValueValidator(2, _("Show at least 2 levels.")),
    MaxValueValidator(10, _("Show at most 10 levels.")),
)
THREADS_VALIDATORS = (
    MinValueValidator(1, _("Show at least 1 thread per page.")),
    MaxValueValidator(200, _("Show at most 200 threads per page.")),
)

HUNDREDTHS_VALIDATORS = (MaxValueValidator(99, _("Enter a number from 0 to 99.")),)


class RulesManager(models.Manager["Rules"]):
    def current(self, *fields: str) -> "Rules":
        """Return the one row, or a new site's defaults. If fields are named, only those are read."""
        return (self.only(*fields).first() if fields else RULES.first()) or Rules(pk=1)

    def moderators_of(self, essay: int) -> Q:
        """Condition for users who may moderate comments on this essay, with its authors if the rules allow it."""
        if not self.current().authors_moderate:
            return moderators()
        return moderators() | Q(is_active=True, pk__in=Authorship.objects.filter(essay=essay).values("author"))


class Rules(models.Model):
    """The site's comment settings, in one row."""

    class Who(models.TextChoices):
        NAME = "name", _("anyone who gives a name")
        DETAILS = "details", _("anyone who gives a name and an email address")
        LOGIN = "login", _("people who are logged in")

    class Order(models.TextChoices):
        OLDEST = "oldest", _("oldest first")
        NEWEST = "newest", _("newest first")
        LIKED = "liked", _("most liked first")

    class Likers(models.TextChoices):
        """What people who like something are called."""

        BLOGGER = "blogger", _("bloggers")
        READER = "reader", _("readers")
        PERSON = "person", _("people")

    who_may_comment = models.CharField(_("who may comment"), max_length=7, choices=Who.choices, default=Who.DETAILS)
    hold_everything = models.BooleanField(_("hold every comment"), default=False)
    hold_first_comment = models.BooleanField(
        _("hold a person’s first comment"), default=True, help_text=_("Until one of their comments has been approved.")
    )
    hold_links = models.PositiveSmallIntegerField(
        _("hold comments with this many links or more"), default=2, help_text=_("0 = no limit.")
    )
    hold_words = models.TextField(
        _("hold comments containing any of these"),
        blank=True,
        help_text=_(
            "One per line. Whole words only; use * for parts of words: ass*, *ass, *ass*. "
            "Checked in text, name, email address and website."
        ),
    )
    hold_quick = models.PositiveSmallIntegerField(
        _("hold comments sent within this many seconds"),
        default=2,
        help_text=_("After opening the page, for guests without an approved comment; 0 = off."),
    )
    spam_filter = models.BooleanField(
        _("hold comments that look like spam"),
        default=True,
        help_text=_("A filter on this server learns from what moderators approve and mark as spam."),
    )
    spam_hold_at = models.PositiveSmallIntegerField(
        _("hold at a spam score of"),
        default=0,
        validators=HUNDREDTHS_VALIDATORS,
        # `spam check`, and `spam learn` with `spam judge`, on three videos of the YouTube Spam Collection: 0 to 1.5 %.
        help_text=_(
            "92 means a score of 0.92; 0 = automatic. In a test on new YouTube comments, the automatic threshold held "
            "up to 1.5% of good comments."
        ),
    )
    spam_mark_at = models.PositiveSmallIntegerField(
        _("mark as spam at a score of"),
        default=0,
        validators=HUNDREDTHS_VALIDATORS,
        help_text=_("98 means a score of 0.98; 0 = never. These comments go straight to Spam."),
    )
    spam_stamp = models.CharField(max_length=16, blank=True, editable=False)  # version of the spam model in use
    rule_stamp = models.CharField(max_length=16, blank=True, editable=False)  # version of the active moderation rules
    refuse_words = models.TextField(
        _("reject comments containing any of these"),
        blank=True,
        help_text=_(
            "One per line. Whole words only; use * for parts of words: ass*, *ass, *ass*. The commenter sees the word."
        ),
    )
    close_after_days = models.PositiveIntegerField(
        _("close comments after … days"), default=0, validators=DAYS_VALIDATORS, help_text=_("0 = comments stay open.")
    )
    flood_seconds = models.PositiveIntegerField(
        _("minimum seconds between comments"), default=15, help_text=_("Per person and per IP address; 0 = no limit.")
    )
    edit_minutes = models.PositiveIntegerField(
        _("minutes to edit a comment"),
        default=15,
        validators=[MaxValueValidator(MAX_EDIT_MINUTES)],
        help_text=_("After posting; 0 = no editing. People can always delete their own comments."),
    )
    edit_until_answered = models.BooleanField(
        _("no editing after a reply"),
        default=False,
        help_text=_("Editing ends as soon as someone else’s reply is published."),
    )
    shown_depth = models.PositiveSmallIntegerField(
        _("levels of replies"),
        default=5,
        validators=LEVELS_VALIDATORS,
        help_text=_("2 to 10. Deeper replies are shown at the last level."),
    )
    threads_a_page = models.PositiveSmallIntegerField(
        _("threads per page"),
        default=50,
        validators=THREADS_VALIDATORS,
        help_text=_("1 to 200. Replies are not counted."),
    )
    order = models.CharField(_("sort by"), max_length=6, choices=Order.choices, default=Order.OLDEST)
    likes = models.BooleanField(
        _("allow likes"),
        default=True,
        help_text=_("For essays and comments. Existing likes are kept while this is off."),
    )
    guests_may_like = models.BooleanField(
        _("guests may like"), default=False, help_text=_("One like per browser (sets a cookie).")
    )
    likers = models.CharField(
        _("name for people who like something"), max_length=7, choices=Likers.choices, default=Likers.BLOGGER
    )
    readers_may_follow = models.BooleanField(
        _("readers may subscribe by email"),
        default=True,
        help_text=_("Readers can subscribe to replies, discussions and new essays. Each is opt-in."),
    )
    authors_pick = models.BooleanField(
        _("authors may pick comments"),
        default=True,
        db_default=True,  # for backups made before this column
        help_text=_("And show one as the strongest objection. Existing picks are kept while this is off."),
    )
    authors_moderate = models.BooleanField(
        _("authors may moderate comments on their own essays"),
        default=False,
        help_text=_("Moderators can always moderate all comments."),
    )
    moderator_emails = models.CharField(
        _("email moderators"),
        max_length=6,
        choices=QueueMail.site_choices(),
        default=QueueMail.HOURLY,
        help_text=_("About pending comments, reports and appeals. Each moderator can change this."),
    )
    readers_may_report = models.BooleanField(
        _("readers may report comments"), default=True, help_text=_("Reports appear in the queue under Reported.")
    )
    writers_may_appeal = models.BooleanField(
        _("commenters may appeal"), default=True, help_text=_("One appeal per rejected comment.")
    )
    tombstones_tell = models.BooleanField(
        _("show the reason in place of a removed comment"),
        default=False,
        help_text=_("Only if the moderator gave a reason and the comment has replies."),
    )

    objects = RulesManager()

    class Meta:
        verbose_name = _("comment settings")
        verbose_name_plural = _("comment settings")
        constraints = (models.CheckConstraint(condition=Q(pk=1), name="rules_are_one_row"),)

    def __str__(self) -> str:
        return str(_("Comment settings"))

    @property
    def newcomer_hold(self) -> str:
        """Code of the reason why every newcomer's comment is held, or an empty string."""
        return "everything" if self.hold_everything else "first" if self.hold_first_comment else ""


class DiscussionManager(models.Manager["Discussion"]):
    def get_essay_or_404(
        self, user: User | AnonymousUser, *, slug: str, year: int = 0, month: int = 0, day: int = 0, quoted: int = 0
    ) -> Any:
        """The published essay (or page, without a date) at a URL, with its discussion and rules; else raise Http404.

        Annotations: `is_by_user`: the user is one of its authors; `is_moderated_by_user`: the user is a moderator;
        `has_user_verified_email`: the user's primary address is verified. With `quoted`, the key of a revision,
        `revision`, the one that readers see, and `quoted_from`, when the quoted one was created if readers may see it.
        """
        values: dict[str, Any] = {"slug": slug, "now": timezone.now()}
        if quoted:
            values["quoted"] = quoted
        if isinstance(user, User):
            values |= {"user": user.pk, "email": user.email.lower()}
        if year:
            with suppress(ValueError):  # a date that does not exist
                values["dated"] = date(year, month, day)
        if (year and "dated" not in values) or (found := essay_query(*sorted(values)).first(**values)) is None:
            raise Http404
        return found

    def for_essay(self, essay: Essay) -> "Discussion":
        """The essay's settings and counts with the site's rules; a missing row means the defaults."""
        if Discussion._meta.get_field("essay").remote_field.is_cached(essay):
            if found := getattr(essay, "discussion", None):
                return found  # type: ignore[no-any-return]
        else:
            found = DISCUSSION.first(essay=essay.pk)
        found = found or Discussion(rules=Rules.objects.current())
        found.essay = essay  # cached for the next caller
        return found

    def lock(self, essay: Essay) -> None:
        """Lock the essay's row until the transaction ends, creating it if missing; the update changes nothing."""
        _upsert.run(Discussion(essay_id=essay.pk))

    def save_settings(self, essay: Essay, **settings: Any) -> None:
        """Write only these settings, because the counts in the same row may change while a form is open."""
        self.bulk_create(
            [Discussion(essay=essay, **settings)],
            update_conflicts=True,
            unique_fields=["essay"],
            update_fields=list(settings),
        )

    def comment_counts(self, essays: Iterable[Essay]) -> dict[int, int]:
        """Return the number of comments of each essay in one query; essays without comments are omitted."""
        rows = self.filter(essay__in=[essay.pk for essay in essays], comment_count__gt=0)
        return dict(rows.values_list("essay_id", "comment_count"))


@cache
def essay_query(*given: str) -> Prepared[Any]:
    """Return the query of get_essay_or_404() for these values; without a date it is for a page."""

    def build(slug: Any, now: Any, dated: Any = None, user: Any = None, email: Any = None, quoted: Any = None) -> Any:
        essays = Essay.objects.filter(slug=slug, published__lte=now)
        essays = essays.essays().filter(dated=dated) if dated else essays.pages()
        no: Any = Value(False)
        rights = {"is_by_user": no, "is_moderated_by_user": no, "has_user_verified_email": no}
        if user:
            verified = EmailAddress.objects.filter(user=user, email=email, verified=True)
            rights = {
                "is_by_user": Exists(Authorship.objects.filter(essay=OuterRef("pk"), author=user)),
                "is_moderated_by_user": Exists(User.objects.filter(moderators(), pk=user)),
                "has_user_verified_email": Exists(verified),
            }
        if quoted:
            essays = Revision.objects.annotate_shown(essays, now)
            readable = Revision.objects.public(OuterRef("pk"), now).filter(pk=quoted, is_withdrawn=False)
            rights["quoted_from"] = Subquery(readable.values("created"))
        return essays.select_related("discussion__rules").annotate(**rights)

    return Prepared(build, **{name: ESSAY_PARAMETERS[name] for name in given})


class Discussion(models.Model):
    """One essay's comment settings and its counts of approved comments and threads.

    A field `own_…` is empty where the site's setting applies; the property without `own_` is the effective value.
    """

    essay = models.OneToOneField(Essay, models.CASCADE, primary_key=True, related_name="discussion")
    rules = models.ForeignKey(Rules, models.PROTECT, default=1, related_name="+", editable=False)
    is_open = models.BooleanField(_("comments open"), default=True)
    own_close_after_days = models.PositiveIntegerField(
        _("close comments after … days"), null=True, blank=True, validators=DAYS_VALIDATORS
    )
    own_shown_depth = models.PositiveSmallIntegerField(
        _("levels of replies"), null=True, blank=True, validators=LEVELS_VALIDATORS
    )
    own_threads_a_page = models.PositiveSmallIntegerField(
        _("threads per page"), null=True, blank=True, validators=THREADS_VALIDATORS
    )
    own_order = models.CharField(_("sort by"), max_length=6, choices=Rules.Order.choices, blank=True)
    may_be_liked = models.BooleanField(_("allow likes"), default=True)
    likes = models.PositiveIntegerField(_("likes"), default=0, editable=False)
    comment_count = models.PositiveIntegerField(_("comments"), default=0, editable=False)
    threads = models.PositiveIntegerField(_("threads"), default=0, editable=False)
    # Whether any of its comments has a passage or an answer by the author: pages without them need no query for it.
    has_passages = models.BooleanField(default=False, db_default=False, editable=False)

    objects = DiscussionManager()

    class Meta:
        verbose_name = _("comment settings")
        verbose_name_plural = _("comment settings")

    def __str__(self) -> str:
        return str(self.essay)

    @property
    def close_after_days(self) -> int:
        return self.rules.close_after_days if self.own_close_after_days is None else self.own_close_after_days

    @property
    def shown_depth(self) -> int:
        return self.own_shown_depth or self.rules.shown_depth

    @property
    def threads_a_page(self) -> int:
        return self.own_threads_a_page or max(1, self.rules.threads_a_page)

    @property
    def order(self) -> str:
        return self.own_order or self.rules.order

    @property
    def closes(self) -> datetime | None:
        """When comments close automatically, if they do."""
        if not self.close_after_days or not self.essay.published:
            return None
        return self.essay.published + timedelta(days=self.close_after_days)

    @property
    def accepts_likes(self) -> bool:
        return self.may_be_liked and self.rules.likes

    @property
    def accepts_comments(self) -> bool:
        return self.is_open and (self.closes is None or timezone.now() < self.closes)


_upsert = PreparedInsert(Discussion, replaces=["rules"])
RULES = Prepared(lambda: Rules.objects.all()[:1])
DISCUSSION = Prepared(
    lambda essay: Discussion.objects.select_related("rules").filter(essay=essay), essay=models.BigAutoField()
)
