"""Formulas and code on pages, in feeds and emails, and through import and export, as an owner sets and authors write."""

import json
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from blog.emails import letter_for
from blog.models import Essay, Revision, Text
from blog.typesetting import typeset_again
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.blog.essay_forms import EssayForm

pytestmark = [pytest.mark.django_db, pytest.mark.once]

SITE = "/admin/blog/site/1/change/"
FORMULA = r"<p>So \(E=mc^2\).</p>"
CODE = '<pre class="language-python">x = 1</pre>'
MATH = "<msup><mi>c</mi><mn>2</mn></msup>"
SPAN = '<span class="n">1</span>'


@pytest.fixture
def author(db: None) -> User:
    return make.author("miriam", name="Miriam Achterberg")


def page_of(essay: Essay) -> str:
    return Client().get(essay.get_absolute_url()).content.decode()


def set_formulas(*, is_on: bool) -> None:
    """Submit the owner's form."""
    owner = User.objects.filter(is_superuser=True).first() or make.owner()
    client = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})
    client.force_login(owner)
    fields: dict[str, Any] = {"name": "Letters", "time_zone": "UTC", "essays_per_page": 10}
    assert client.post(SITE, fields | ({"formulas": "on"} if is_on else {})).status_code == 302
    run_ready_jobs()


def test_the_owner_turns_formulas_on_and_off_for_all_essays(author: User) -> None:
    make.site()
    essay = make.essay("Of Mass", by=author, body=f"<h2>The \\(n\\)th</h2>{FORMULA}<h2>End</h2>")
    plain = make.essay("Of Nothing", by=author)
    assert r"\(E=mc^2\)" in page_of(essay)
    set_formulas(is_on=True)
    page = page_of(essay)
    assert MATH in page
    assert "\\(" not in page.partition("<article")[2].partition("</article>")[0]
    assert Essay.objects.get(pk=plain.pk).typeset == ""
    assert r"\(E=mc^2\)" in Essay.objects.get(pk=essay.pk).body
    set_formulas(is_on=False)
    assert r"\(E=mc^2\)" in page_of(essay)


def test_a_saved_essay_is_typeset_once(author: User, monkeypatch: pytest.MonkeyPatch) -> None:
    make.site(formulas=True)
    form = EssayForm(author, make.essay(by=author))
    form.open()
    form.publish(body=FORMULA + CODE)
    essay = Essay.objects.get()
    monkeypatch.setattr("blog.markup.typesetting.highlight", lambda _html: pytest.fail("again"))
    monkeypatch.setattr("blog.markup.typesetting.convert_formulas", lambda _html: pytest.fail("again"))
    page = page_of(essay)
    assert MATH in page
    assert SPAN in page


def test_a_preview_and_an_old_revision_show_their_own_formulas(author: User) -> None:
    make.site(formulas=True)
    essay = make.essay(by=author, body=FORMULA)
    shown = Text(body=r"<p>\(y_1\)</p>").apply_to(essay).body_html
    assert "<msub>" in shown
    assert "<msup>" not in shown
    assert MATH in Revision(essay=essay, body=FORMULA).text.rendered


def test_feeds_and_emails_have_the_source_which_all_their_readers_show(author: User) -> None:
    make.site(formulas=True)
    essay = make.essay("Of Mass", by=author, body=FORMULA + CODE, published=timezone.now())
    for content in (
        json.loads(Client().get("/feed.json").content)["items"][0]["content_html"],
        letter_for(essay).html,
        letter_for(essay).text,
    ):
        assert r"\(E=mc^2\)" in content
        assert "x = 1" in content
        assert "<math" not in content
        assert "<span" not in content


@pytest.mark.parametrize(
    "source",
    [
        '<pre><code class="language-python">x = 1</code></pre>',
        '<div class="highlight highlight-source-python"><pre>x = <span class="pl-c1">1</span></pre></div>',
        '<div class="language-python highlighter-rouge"><div class="highlight"><pre class="highlight"><code>x = 1</code></pre></div></div>',
        '<div class="highlight"><pre class="chroma"><code data-lang="python"><span>x = 1</span></code></pre></div>',
        '<div class="highlight-python notranslate"><div class="highlight"><pre>x = 1</pre></div></div>',
        '<pre class="sourceCode python"><code class="sourceCode python">x = 1</code></pre>',
        '<pre class="brush: python; gutter: false">x = 1</pre>',
    ],
)
def test_a_pasted_language_is_kept(author: User, source: str) -> None:
    answer = EssayForm(author).client.post("/admin/blog/essay/clean/", source, content_type="text/html")
    assert answer.json()["html"] == CODE


def test_the_language_of_code_survives_markdown(author: User, tmp_path: Any) -> None:
    make.site(formulas=True)
    body = f"{FORMULA}{CODE}<pre><code>plain</code></pre>"
    essay = make.essay("Of Code", by=author, body=body)
    call_command("export", "markdown", tmp_path / "site.zip")
    with ZipFile(tmp_path / "site.zip") as archive:
        (name,) = [each for each in archive.namelist() if each.endswith("of-code.md")]
        text = archive.read(name).decode()
    assert "```python\nx = 1\n```" in text
    essay.delete()
    call_command("import", "markdown", tmp_path / "site.zip")
    again = Essay.objects.get(slug="of-code")
    assert again.body == body
    assert MATH in again.typeset
    assert SPAN in again.typeset


@pytest.mark.parametrize("has_formulas", [True, False])
def test_pasted_markdown_keeps_the_signs_of_tex(author: User, has_formulas: bool) -> None:
    make.site(formulas=has_formulas)
    typed = r"So \(a_1*b*\) and $$x_i \\ *y*$$ and \(not closed, `$$`"
    client = EssayForm(author).client
    answer = client.post("/admin/blog/essay/clean/", typed, content_type="text/markdown").json()["html"]
    kept = r"So \(a_1*b*\) and $$x_i \\ *y*$$ and (not closed, <code>$$</code>"
    assert (kept in answer) == has_formulas
    assert ("(a_1<em>b</em>)" in answer) == (not has_formulas)


def test_a_body_that_was_stored_without_formulas_gets_them(author: User) -> None:
    make.site(formulas=True)
    essay = make.essay(by=author, body=FORMULA)
    Essay.objects.filter(pk=essay.pk).update(typeset="")
    typeset_again.func()
    assert MATH in Essay.objects.get(pk=essay.pk).typeset
