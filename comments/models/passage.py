"""The words of an essay that a comment is about, and what the essay's author answers."""

from collections.abc import Iterable
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, TextField, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Essay, Revision
from comments.models.comment import Comment

CONTEXT = 64  # characters before and after the words


class PassageQuerySet(models.QuerySet["Passage"]):
    def misplaced(self, shown: Revision) -> Self:
        """Return those whose place is in another text than the one that readers see."""
        return self.filter(essay=shown.essay_id).exclude(revision=shown.pk)


class Passage(models.Model):
    """The words that a comment's author quoted, and their place in the last text that has them.

    While `revision` is the text that readers see, the words are marked there; otherwise they are on an earlier version.
    """

    comment = models.OneToOneField(Comment, models.CASCADE, primary_key=True, related_name="passage")
    essay = models.ForeignKey(Essay, models.CASCADE, related_name="passages")
    quotation = models.TextField(_("quotation"))  # as its author saw it; never changes
    quoted_from = models.ForeignKey(Revision, models.SET_NULL, null=True, related_name="+")
    revision = models.ForeignKey(Revision, models.SET_NULL, null=True, related_name="+")
    paragraph = models.PositiveIntegerField()  # as comments.passages.matching counts them
    words = models.TextField()  # there: the quotation, or what it became
    before = models.CharField(max_length=CONTEXT, blank=True)
    after = models.CharField(max_length=CONTEXT, blank=True)
    # What the author of the essay chose for the next text: these words, or "" for none.
    is_chosen = models.BooleanField(default=False)
    chosen = models.TextField(blank=True)

    is_outdated = False  # quoted from another text than the one that readers see now, after placing.find()

    objects = PassageQuerySet.as_manager()

    class Meta:
        verbose_name = _("passage")
        verbose_name_plural = _("passages")

    def __str__(self) -> str:
        return self.quotation[:60]


def quotation_of(comment: str = "", now: Any = None) -> Case:
    """Return the words that a comment quotes, as a column: None if it quotes none, "" if readers may not see them.

    These are words of a withdrawn version that the present text does not have. `comment`: lookup prefix for other
    models; `now`: the time, if it is a parameter.
    """
    shown = Revision.objects.public(OuterRef(f"{comment}essay"), now).values("pk")[:1]
    words = F(f"{comment}passage__quotation")
    is_shown = When(Q(**{f"{comment}passage__revision": Subquery(shown)}), then=words)
    is_withdrawn = Q(**{f"{comment}passage__quoted_from__is_withdrawn": True})
    if_withdrawn = Case(is_shown, default=Value(""), output_field=TextField())
    return Case(When(is_withdrawn, then=if_withdrawn), default=words, output_field=TextField())


def find_quotations(comments: Iterable[int]) -> dict[int, str]:
    """Return the words that these comments quote, by comment; "" if readers may not see them."""
    found = Comment.objects.filter(pk__in=list(comments), passage__isnull=False).annotate(quotation=quotation_of())
    return dict(found.values_list("pk", "quotation"))


class AuthorAnswerQuerySet(models.QuerySet["AuthorAnswer"]):
    def corrections(self, essay: Essay) -> Self:
        """Return the answers "Corrected" on an essay whose change readers can see, in the order of the versions."""
        return self.filter(essay=essay, label=AuthorAnswer.Label.CORRECTED, revision__version__isnull=False).order_by(
            "-revision__version", "comment"
        )

    def to_come(self) -> Self:
        """Return the answers "Corrected" whose change is not published yet."""
        return self.filter(label=AuthorAnswer.Label.CORRECTED, revision=None)

    def empty(self) -> Self:
        """Return the rows that say nothing."""
        return self.filter(label="", is_picked=False, is_strongest=False)


class AuthorAnswer(models.Model):
    """What an author of the essay says about a comment besides a reply: a label, and whether they picked it."""

    class Label(models.TextChoices):
        CORRECTED = "corrected", _("Corrected")
        STANDS = "stands", _("I stand by this")
        MISREAD = "misread", _("Not what I said")

    comment = models.OneToOneField(Comment, models.CASCADE, primary_key=True, related_name="author_answer")
    essay = models.ForeignKey(Essay, models.CASCADE, related_name="author_answers")
    label = models.CharField(_("answer"), max_length=9, choices=Label.choices, blank=True)
    # The first version with the change; None for one that is still to come.
    revision = models.ForeignKey(Revision, models.SET_NULL, null=True, blank=True, related_name="+")
    is_picked = models.BooleanField(_("picked"), default=False)
    is_strongest = models.BooleanField(_("strongest objection"), default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = AuthorAnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("author’s answer")
        verbose_name_plural = _("authors’ answers")
        constraints = (
            models.UniqueConstraint(fields=["essay"], condition=Q(is_strongest=True), name="answer_one_strongest"),
        )

    def __str__(self) -> str:
        return f"{self.comment_id}: {self.get_label_display()}"

    @property
    def is_to_come(self) -> bool:
        """Whether it names a correction that is not published yet, which readers do not see."""
        return self.label == self.Label.CORRECTED and self.revision_id is None

    @property
    def shown(self) -> tuple[str, int | None, bool]:
        """What readers see of it, and the comment's writer is told."""
        return "" if self.is_to_come else self.label, self.revision_id, self.is_picked or self.is_strongest
