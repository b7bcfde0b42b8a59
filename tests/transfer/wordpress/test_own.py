"""A WordPress export of a site of ours is imported as its table says, and a second run changes nothing."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from blog.models import Essay, Image, Redirect, Tag
from comments.checking import problems
from comments.models import Comment
from tests.transfer import rich_site
from tests.transfer.exports import import_file, imported_rows
from transfer import pictures

pytestmark = [pytest.mark.django_db, pytest.mark.once]

COLUMNS = (
    "kind", "title", "slug", "deck", "excerpt", "dated", "is_in_menu", "menu_order", "word_count", "cover__alt",
)  # fmt: skip


def content() -> dict[str, Any]:
    """Return what the manual's table lists as kept."""
    comments = Comment.objects.order_by("essay__slug", "tree_id", "lft").values_list(
        "essay__slug", "level", "status", "created", "commenter__name", "commenter__email", "commenter__website",
        "commenter__user__username", "wording__html",
    )  # fmt: skip
    kept = {name: rich_site.content()[name] for name in ("bodies", "authors", "closed", "counts", "pictures")}
    kept["answers"] = rich_site.content()["answers"]
    html = dict(Comment.objects.values_list("wording__text", "wording__html"))
    kept["passages"] = [(*row[:1], html[row[1]], *row[2:]) for row in rich_site.content()["passages"]]
    kept["answers"] = [(*row[:1], html[row[1]], *row[2:]) for row in kept["answers"]]
    times = Essay.objects.order_by("slug").values_list("published", "changed")
    return kept | {
        "essays": list(Essay.objects.order_by("slug").values_list(*COLUMNS)),
        "times": [tuple(time and time.replace(microsecond=0) for time in each) for each in times],
        "tags": list(Tag.objects.order_by("slug").values_list("name", "slug", "description", "essays__slug")),
        "comments": [
            tuple(value.replace(microsecond=0) if name == 3 else value for name, value in enumerate(row))
            for row in comments
        ],
    }


def test_our_own_export_is_imported_as_the_table_says_and_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "schedule_fetch", lambda: None)
    rich_site.fill()
    before, redirects = content(), set(Redirect.objects.exclude(essay=None).values_list("old_path", "essay__slug"))
    call_command("export", "wordpress", tmp_path / "all.xml", verbosity=0)
    shutil.copytree(settings.MEDIA_ROOT, tmp_path / "media")
    rich_site.empty()
    import_file(tmp_path / "all.xml", "--media", str(tmp_path / "media"))
    after = content()
    for name, value in before.items():
        assert after[name] == value, name
    assert redirects - {("/?p=77", "Odd-One")} <= set(Redirect.objects.values_list("old_path", "essay__slug"))
    cover = Essay.objects.get(slug="Odd-One").cover
    assert cover
    assert cover == Image.objects.get()
    assert Essay.objects.get(slug="Odd-One").body.count(f'="{cover.file.url}"') == 2
    assert not list(problems())
    rows = imported_rows()
    assert import_file(tmp_path / "all.xml", "--media", str(tmp_path / "media")).startswith("Nothing new in all.xml.")
    assert imported_rows() == rows
