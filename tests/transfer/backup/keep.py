"""Writes kept/VERSION.backup and what it contains: `python -m tests.transfer.backup.keep`, once before each release.

Later versions must restore every kept backup, so none is changed after its version was released.
"""

import hashlib
import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import django

KEPT = Path(__file__).parent / "kept"
CLEARED = ("CACHE_URL", "EMAIL_URL", "SITE_URL", "S3_BUCKET", "BACKUP_FOLDER", "BACKUP_BUCKET")


def fill() -> None:
    """Create an essay with a picture, revisions, likes, and threads with one comment of each kind."""
    from django.db import transaction
    from PIL import Image as Pillow

    from blog.images import uploads
    from blog.models import Revision, Tag
    from comments.likes import actions as likes
    from comments.models import AuthorAnswer, Comment
    from comments.passages import placing
    from comments.passages.quotations import Quotation
    from comments.screening.screening import Sender
    from moderation.decisions import editing
    from tests import make

    make.site(name="Letters")
    make.rules(hold_first_comment=False, flood_seconds=0)
    miriam, judge = make.author("miriam", name="Miriam Achterberg"), make.moderator("judge")
    png = io.BytesIO()
    Pillow.new("RGB", (4, 3), "red").save(png, "PNG")
    picture = uploads.store(png.getvalue(), alt="A red square")
    body = f'<p>Promises keep.</p><p><img src="{picture.file.url}" alt="Red"></p>'
    essay = make.essay("On Promises", by=miriam, body=body, slug="on-promises", cover=picture)
    essay.tags.add(Tag.objects.create(name="Ethics", slug="ethics"))
    for title in ("Promises", "On Promises"):
        Revision.objects.create(essay=essay, author=miriam, title=title, body=body, slug=essay.slug)
    make.essay("A draft", by=miriam, published=None)
    root = make.comment(essay, "A *root*", by=make.guest("Anna Karg"))
    reply = make.comment(essay, "A reply", to=root, by=make.guest("Tom Ash", email="tom@example.org"))
    make.comment(essay, "Below", to=reply)
    make.comment(essay, "Wait", status="pending")
    make.comment(essay, "Buy this", to=root, status="spam")
    make.comment(essay, "Removed", status="trash")
    editing.edit(Comment.objects.get(pk=reply.pk), by=judge, text="A better reply")
    with transaction.atomic():
        passage = placing.find(essay, Quotation(0, 0, "Promises keep."))
        assert passage
        placing.insert(passage, root)
    AuthorAnswer.objects.create(comment=root, essay=essay, label=AuthorAnswer.Label.STANDS, is_picked=True, by=miriam)
    for comment in (None, root.pk):
        likes.like(commenter=root.commenter, sender=Sender("203.0.113.9"), essay=essay, comment=comment)


def summary(media: Path) -> dict[str, Any]:
    """Return what a restored site must have."""
    from accounts.models import User
    from blog.models import Essay, Image, Revision
    from comments.models import AuthorAnswer, Comment, Decision, Discussion, Like, Passage, Wording

    threads = Comment.objects.order_by("tree_id", "lft")
    files = Image.objects.order_by("file").values_list("file", flat=True)
    return {
        "users": sorted(User.objects.values_list("username", flat=True)),
        "essays": sorted(map(list, Essay.objects.values_list("slug", "title", "tags__slug"))),
        "revisions": Revision.objects.count(),
        "threads": [*map(list, threads.values_list("level", "status", "commenter__name", "wording__text"))],
        "wordings": Wording.objects.count(),
        "decisions": Decision.objects.count(),
        "likes": Like.objects.count(),
        "passages": [*map(list, Passage.objects.values_list("comment__wording__text", "words", "paragraph"))],
        "answers": [*map(list, AuthorAnswer.objects.values_list("comment__wording__text", "label", "is_picked"))],
        "counts": [*map(list, Discussion.objects.order_by("essay").values_list("comment_count", "threads"))],
        "media": {name: hashlib.sha256((media / name).read_bytes()).hexdigest() for name in files},
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        for each in CLEARED:
            os.environ.pop(each, None)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DEBUG": "1",
            "DATA_DIR": name,
            "DATABASE_URL": f"sqlite:///{name}/site.sqlite3",
        }
        django.setup()

        from django.conf import settings
        from django.core.management import call_command

        from transfer.backup import making

        call_command("migrate", verbosity=0)
        fill()
        file = KEPT / f"{settings.VERSION}.backup"
        making.make(file)
        file.chmod(0o644)
        text = json.dumps(summary(Path(settings.MEDIA_ROOT)), ensure_ascii=False, indent=1)
        file.with_suffix(".json").write_text(f"{text}\n")
        print(f"Wrote {file.name} ({file.stat().st_size:,} bytes) and {file.stem}.json. Commit both.")


if __name__ == "__main__":
    main()
