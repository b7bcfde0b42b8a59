"""Markdown as other programs extend it: definitions, callouts, links to headings, and notes without marks."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from blog.models import Essay
from tests import make
from transfer.document import import_document

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def author() -> User:
    return make.author("miriam", name="Miriam Achterberg")


EXTENSIONS = """# Title

See [there](#a-heading), [md](#md), [again](#a-heading-1), [it](#kept) and [gone](#nowhere).

Term *one*
: First
: Second

!!! warning "Mind the *gap*"
    Body.

??? tip
    Hidden.

> [!NOTE]
> Text.
>
> More.

> [!tip]- My title
> Body.

::: warning
Careful.
:::

::: {.columns}
Side by side.
:::

## A heading

## A heading

<a id="kept"></a>

## Kept by its anchor
"""


def test_definitions_callouts_and_links_to_headings_have_a_place(author: User, client: Client) -> None:
    essay, _report = import_document("a.md", EXTENSIONS.encode(), by=author)
    for part in (
        "<dl><dt>Term <em>one</em></dt><dd>First</dd><dd>Second</dd></dl>",
        "<blockquote><p><strong>Mind the <em>gap</em></strong></p><p>Body.</p></blockquote>",
        "<details><summary>Tip</summary><p>Hidden.</p></details>",
        "<blockquote><p><strong>Note</strong></p><p>Text.</p><p>More.</p></blockquote>",
        "<blockquote><p><strong>My title</strong></p><p>Body.</p></blockquote>",
        "<blockquote><p><strong>Warning</strong></p><p>Careful.</p></blockquote><p>Side by side.</p>",
    ):
        assert part in essay.body, essay.body
    assert losses(essay).splitlines() == ["2 links to places in the text: md, gone"]
    Essay.objects.filter(pk=essay.pk).update(published=timezone.now(), dated="2026-03-02")
    page = client.get(Essay.objects.get().get_absolute_url()).content.decode()
    linked = re.findall(r'<a href="#([^"]*)"[^>]*>(?:there|again|it)</a>', page)
    headings = re.findall(r'<h2 id="([^"]*-h-[^"]*)"', page)
    assert linked == headings


def test_notes_without_marks_and_files_of_sounds_are_listed() -> None:
    source = "One[^a].\n\n[^b]: Never used.\n\n[^a]: First.\n\n[^a]: Second.\n\n<audio controls src='/a.mp3'></audio>\n"
    essay, _report = import_document("a.md", source.encode())
    assert "<p>Never used.</p><p>Second.</p>" in essay.body
    assert '<li id="note-1">First.</li>' in essay.body
    assert losses(essay).splitlines() == [
        "1 embedded player: /a.mp3",
        "2 footnotes without a reference were left in the text: Never used., Second.",
    ]


def losses(essay: Essay) -> str:
    essay.refresh_from_db()
    return essay.import_losses
