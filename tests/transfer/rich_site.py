"""A site with everything that an export contains, to be exported, emptied and imported again."""

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from PIL import Image as Pillow

from accounts.models import Commenter, User
from blog.images import uploads
from blog.models import Authorship, Essay, Image, Redirect, Revision, Series, Tag
from blog.writing import revisions
from comments.models import AuthorAnswer, Comment, Discussion, Passage, Status
from comments.passages import placing
from comments.passages.quotations import Quotation
from comments.transitions import transition
from tests import make
from tests.blog.essay_forms import long_essay
from transfer.markdown import export as markdown_export

COLUMNS = (
    "kind", "title", "slug", "deck", "excerpt", "published", "dated", "created", "changed", "updated", "update_note",
    "language", "canonical", "is_pinned", "is_in_menu", "menu_order", "series__title", "series_position", "word_count",
    "translation_of__slug", "cover__alt",
)  # fmt: skip


PASSAGE_COLUMNS = (
    "essay__slug", "comment__wording__text", "quotation", "paragraph", "words", "before", "after", "quoted_from__version",
    "revision__version", "is_chosen", "chosen",
)  # fmt: skip
ANSWER_COLUMNS = (
    "essay__slug", "comment__wording__text", "label", "revision__version", "is_picked", "is_strongest", "by__username",
    "created",
)  # fmt: skip


def fill() -> None:
    """Create a site with everything that the export contains."""
    miriam, ben = make.author("miriam", name="Miriam Achterberg"), make.author("ben", name="Ben Oak")
    png = io.BytesIO()
    Pillow.new("RGB", (4, 3), "red").save(png, "PNG")
    image = uploads.store(png.getvalue(), alt="A red square")
    series = Series.objects.create(title="On Promises", slug="promises", description="Three essays")
    tag = Tag.objects.create(name="Ethics & law", slug="ethics", description="About right")
    Redirect.objects.create(old_path="/tag/morals/", tag=tag)
    Redirect.objects.create(old_path="/series/vows/", series=series)
    link = f'<p><a href="{image.file.url}"><img src="{image.file.url}" alt="Red"></a></p>'
    long = make.essay(
        "Long & <odd>", by=miriam, body=long_essay() + link, deck="A deck", excerpt="Short & good", slug="Odd-One",
        series=series, series_position=2, canonical="https://first.example/x", cover=image, is_pinned=True,
        updated=datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC), update_note="Two names",
    )  # fmt: skip
    Authorship.objects.create(essay=long, author=ben, position=1)
    long.tags.add(tag)
    for path in ("/2020/01/02/once/", "/?p=77"):
        Redirect.objects.create(old_path=path, essay=long)
    make.essay("Lang & seltsam", by=miriam, language="de", translation_of=long)
    make.essay("A draft", by=ben, published=None, is_open=False)
    make.essay("Later", by=ben, published=timezone.now() + timedelta(days=30))
    make.essay("About", kind="page", is_in_menu=True, menu_order=3)
    root = make.comment(long, "A *root* & <b>more</b>", by=make.guest("Tom & <3", website="https://tom.example/"))
    reply = make.comment(
        long,
        "A reply",
        to=root,
        by=Commenter.objects.create(user=miriam, name="Miriam Achterberg", email="miriam@example.org"),
    )
    transition(reply, Status.TRASH, root=root, removed_by="author", notify=False)
    reply.refresh_from_db()
    make.comment(long, "Below", to=reply)
    make.comment(long, "Wait", status="pending")
    make.comment(long, "Buy this", to=root, status="spam")
    Comment.objects.filter(pk=root.pk).update(edited=root.created + timedelta(seconds=9))
    quote_and_answer(root, reply, by=miriam)


def quote_and_answer(root: Comment, reply: Comment, by: User) -> None:
    """Put two comments on passages, the second on one that the text no longer has, and answer and pick the first."""
    essay = root.essay
    shown = revisions.ensure_public(essay)
    assert shown
    Revision.objects.filter(pk=shown.pk).update(version=4)  # earlier ones are in no export
    for comment in (root, reply):
        passage = placing.find(essay, Quotation(0, 4))
        assert passage
        placing.insert(passage, comment)
    Passage.objects.filter(comment=reply).update(revision=None, quoted_from=None, quotation="Gone & “lost”")
    answer = AuthorAnswer(comment=root, essay=essay, label="corrected", is_picked=True, is_strongest=True, by=by)
    answer.revision = root.passage.revision
    answer.save()
    AuthorAnswer.objects.create(comment=reply, essay=essay, label="misread")


def content() -> dict[str, Any]:
    """Return what readers and moderators see, without primary keys and the names of files."""
    comments = Comment.objects.order_by("essay__slug", "tree_id", "lft").values_list(
        "essay__slug", "level", "status", "removed_by", "created", "edited", "commenter__name", "commenter__email",
        "commenter__website", "commenter__user__username", "wording__text", "wording__html", "wording__format",
    )  # fmt: skip
    media = re.compile(r'/media/[\w/.-]+|(?<=>)\s+(?=<)| rel="noopener"')
    bodies = map(markdown_export.normalize, Essay.objects.order_by("slug").values_list("body", flat=True))
    return {
        "essays": list(Essay.objects.order_by("slug").values_list(*COLUMNS)),
        "bodies": [media.sub("", body) for body in bodies],
        "authors": list(Authorship.objects.order_by("essay__slug", "position").values_list("author__username", "author__name")),
        "tags": list(Tag.objects.values_list("name", "slug", "description", "essays__slug", "redirects__old_path")),
        "series": list(Series.objects.values_list("title", "slug", "description", "redirects__old_path")),
        "redirects": set(Redirect.objects.exclude(essay=None).values_list("old_path", "essay__slug")),
        "closed": list(Discussion.objects.filter(is_open=False).values_list("essay__slug", flat=True)),
        "counts": list(Discussion.objects.order_by("essay__slug").exclude(comment_count=0).values_list("comment_count", "threads")),
        "pictures": list(Image.objects.values_list("alt", "width", "height")),
        "comments": list(comments),
        "passages": list(Passage.objects.order_by("comment__tree_id", "comment__lft").values_list(*PASSAGE_COLUMNS)),
        "answers": list(AuthorAnswer.objects.order_by("label").values_list(*ANSWER_COLUMNS)),
    }  # fmt: skip


def empty() -> None:
    """Delete all content, but not the files of pictures."""
    Comment.objects.update(wording=None)
    for table in (Discussion, Comment, Essay, Tag, Series, Image):
        table.objects.all().delete()
    User.objects.all().delete()
