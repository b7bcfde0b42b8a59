"""Drafts of unsaved text, and conflicts between forms of the same essay."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from accounts.models import User
from blog.models import Draft, Essay
from blog.writing import merging, revisions
from tests import make
from tests.blog.essay_forms import EssayForm, public_page

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def author() -> User:
    return make.author("miriam", name="Miriam Achterberg")


@pytest.fixture
def essay(author: User) -> Essay:
    return make.essay("Whose Promise", by=author, body="<p>Stored words.</p>")


@pytest.fixture
def essay_form(author: User, essay: Essay) -> EssayForm:
    essay_form = EssayForm(author, essay)
    essay_form.open()
    return essay_form


def form_state(tab: str, number: int, body: str, **more: str) -> dict[str, str]:
    return {"tab": tab, "number": str(number), "body": body} | more


def test_typed_text_is_stored_in_one_row_and_no_revision(essay_form: EssayForm, essay: Essay) -> None:
    for number in range(1, 4):
        answer = essay_form.autosave(**form_state("first", number, f"<p>Typed {number}.</p>"))
        assert answer.json()["state"] == "kept"
    assert Draft.objects.get().fields["body"] == "<p>Typed 3.</p>"
    assert not essay.revisions.exists()
    assert "Stored words." in public_page(essay)


def test_a_late_request_does_not_replace_newer_text(essay_form: EssayForm) -> None:
    essay_form.autosave(**form_state("first", 5, "<p>Newer.</p>"))
    essay_form.autosave(**form_state("first", 4, "<p>Older.</p>"))
    assert Draft.objects.get().fields["body"] == "<p>Newer.</p>"


def test_a_draft_is_compared_with_the_stored_text_and_continued(essay_form: EssayForm, essay: Essay) -> None:
    essay_form.autosave(**form_state("first", 1, "<p>Typed words.</p>"))
    assert "Compare" in essay_form.open_html()
    both = essay_form.client.get(essay_form.url_of("draft")).content.decode()
    again = f"?draft={Draft.objects.get().pk}"
    for part in ("Stored words.", "Typed words.", "<del>", "<ins>", again):
        assert part in both
    assert "Typed words." in essay_form.open_html(again)
    assert essay_form.save(tab="second").status_code == 302
    assert essay.revisions.newest().body == "<p>Typed words.</p>"  # type: ignore[union-attr]


def test_a_draft_that_has_changed_since_it_was_shown_is_not_discarded(essay_form: EssayForm) -> None:
    seen = essay_form.autosave(**form_state("first", 1, "<p>Seen.</p>")).json()["changed"]
    essay_form.autosave(**form_state("first", 2, "<p>Not seen.</p>"))
    essay_form.client.post(essay_form.url_of("draft"), {"discard": "1", "changed": seen})
    now = Draft.objects.get()
    essay_form.client.post(essay_form.url_of("draft"), {"discard": "1", "changed": now.changed.isoformat()})
    assert not Draft.objects.exists()


def bodies() -> list[str]:
    return sorted(draft.fields["body"] for draft in Draft.objects.all())


def test_each_tab_has_its_own_draft_and_all_are_offered(essay_form: EssayForm) -> None:
    for tab, body in (
        ("first", "<p>First tab.</p>"),
        ("second", "<p>Second tab.</p>"),
        ("first", "<p>First again.</p>"),
    ):
        answer = essay_form.autosave(
            **form_state(tab, 9 if body != "<p>First again.</p>" else 10, body, title=f"Of {tab}")
        )
        assert (answer.status_code, answer.json()["state"]) == (200, "kept")
    assert bodies() == ["<p>First again.</p>", "<p>Second tab.</p>"]
    page = essay_form.open_html()
    assert "Opened with your unsaved changes" in page
    assert "Of second, " in page
    for draft in Draft.objects.all():
        assert f"/draft/?draft={draft.pk}" in page


def test_a_continued_draft_stays_one_row(essay_form: EssayForm) -> None:
    essay_form.autosave(**form_state("first", 1, "<p>First.</p>"))
    essay_form.open(f"?draft={Draft.objects.get().pk}")
    essay_form.autosave(**form_state("second", 1, "<p>First and more.</p>"))
    assert bodies() == ["<p>First and more.</p>"]


def test_a_draft_continued_in_two_tabs_becomes_two_rows(essay_form: EssayForm) -> None:
    essay_form.autosave(**form_state("first", 1, "<p>First.</p>"))
    essay_form.open(f"?draft={Draft.objects.get().pk}")
    opened = essay_form.values
    essay_form.values = opened | {"draft": "", "over": ""}
    essay_form.autosave(**form_state("first", 2, "<p>First typed on.</p>"))
    essay_form.values = opened
    essay_form.autosave(**form_state("second", 1, "<p>Second.</p>"))
    assert bodies() == ["<p>First typed on.</p>", "<p>Second.</p>"]


def test_saving_a_continued_draft_without_javascript_deletes_it(essay_form: EssayForm) -> None:
    essay_form.autosave(**form_state("first", 1, "<p>First.</p>"))
    essay_form.autosave(**form_state("other", 1, "<p>Other.</p>"))
    essay_form.open(f"?draft={Draft.objects.get(tab='first').pk}")
    essay_form.save(body="<p>First, saved.</p>")
    assert bodies() == ["<p>Other.</p>"]


def test_the_newest_text_that_an_author_typed_opens(essay_form: EssayForm) -> None:
    essay_form.autosave(**form_state("first", 1, "<p>Typed first.</p>"))
    essay_form.autosave(**form_state("second", 1, "<p>Typed last.</p>"))
    essay_form.autosave(**form_state("offline", 1, "<p>Typed before.</p>", age="3600"))
    essay_form.open()
    assert essay_form.values["body"] == "<p>Typed last.</p>"
    essay_form.open("?saved")
    assert essay_form.values["body"] == "<p>Stored words.</p>"
    essay_form.save(body="<p>Saved last.</p>", tab="third")
    essay_form.open()
    assert essay_form.values["body"] == "<p>Saved last.</p>"
    assert len(bodies()) == 3  # offered still


def test_the_newest_text_opens_over_what_a_coauthor_saved_and_ends_in_a_choice(
    essay_form: EssayForm, essay: Essay
) -> None:
    essay_form.autosave(**form_state("first", 1, "<p>Typed words.</p>"))
    other = EssayForm(make.owner("ruth", name="Ruth"), essay)
    other.open()
    assert other.values["body"] == "<p>Stored words.</p>"
    other.save(body="<p>Hers.</p>")
    essay_form.open()
    assert essay_form.values["body"] == "<p>Typed words.</p>"
    assert essay_form.save().status_code == 409
    assert essay.revisions.newest().body == "<p>Hers.</p>"  # type: ignore[union-attr]


def test_a_draft_sent_late_says_whether_it_is_the_newest(essay_form: EssayForm) -> None:
    essay_form.autosave(**form_state("first", 1, "<p>Typed.</p>", age="60"))
    for age, is_newest in (("120", False), ("5", True)):
        sent = form_state(f"left{age}", 1, f"<p>Left {age}.</p>", age=age, offer="now")
        assert essay_form.autosave(**sent).json()["opens"] is is_newest


def test_an_author_sees_but_cannot_open_or_delete_the_draft_of_another(essay_form: EssayForm, essay: Essay) -> None:
    essay_form.autosave(**form_state("first", 1, "<p>Secret words.</p>"))
    draft = Draft.objects.get()
    other = EssayForm(make.owner("ruth", name="Ruth"), essay)
    for address in ("", f"?draft={draft.pk}"):
        page = other.open_html(address)
        assert "Miriam Achterberg has unsaved changes" in page
        assert "Secret words." not in page
    seen = other.client.get(other.url_of("draft"), {"draft": draft.pk}).content.decode()
    assert "Secret words." in seen
    assert "Discard" not in seen
    stranger = EssayForm(make.author("bram"), essay)
    assert stranger.client.get(stranger.url_of("draft"), {"draft": draft.pk}).status_code == 403
    sent = {"discard": "1", "draft": draft.pk, "changed": draft.changed.isoformat()}
    other.client.post(other.url_of("draft"), sent)
    assert Draft.objects.count() == 1


def test_saving_deletes_only_the_draft_of_its_own_tab(essay_form: EssayForm) -> None:
    essay_form.autosave(**form_state("first", 1, "<p>Typed.</p>"))
    essay_form.save(body="<p>From another page.</p>", tab="second")
    assert Draft.objects.count() == 1
    essay_form.open()
    essay_form.save(body="<p>Typed more.</p>", tab="first")
    assert not Draft.objects.exists()


def test_a_new_essay_has_one_draft_for_each_form(author: User) -> None:
    desk, other = EssayForm(author), EssayForm(author)
    desk.open()
    other.open()
    desk.autosave(**form_state("a", 1, "<p>One.</p>", title="One"))
    other.autosave(**form_state("b", 1, "<p>Two.</p>", title="Two"))
    assert Draft.objects.count() == 2
    third = EssayForm(author)
    assert "You have" not in third.open_html()  # a new essay is empty
    page = third.client.get("/admin/blog/essay/").content.decode()
    assert ">One<small>" in page
    assert ">Two<small>" in page
    page = third.open_html(f"?draft={Draft.objects.get(tab='a').pk}")
    assert "&lt;p&gt;One.&lt;/p&gt;" in page
    third.save(tab="a")
    assert [draft.fields["title"] for draft in Draft.objects.all()] == ["Two"]
    assert Essay.objects.get(title="One").body == "<p>One.</p>"


def two(author: User, essay: Essay, other: User | None = None) -> tuple[EssayForm, EssayForm]:
    """Open the same essay twice."""
    first, second = EssayForm(author, essay), EssayForm(other or author, essay)
    first.open()
    second.open()
    return first, second


@pytest.mark.parametrize("button", ["save", "publish"])
def test_saving_over_a_newer_text_shows_a_conflict(author: User, essay: Essay, button: str) -> None:
    colleague = make.owner("ruth", name="Ruth")
    first, second = two(author, essay, colleague)
    first.publish(body="<p>Her words.</p>")
    answer = getattr(second, button)(body="<p>My words.</p>")
    assert answer.status_code == 409
    page = answer.content.decode()
    for part in (
        "Her words.",
        "My words.",
        "<del>",
        "Miriam Achterberg",
        f'name="_{"draft" if button == "save" else "publish"}"',
    ):
        assert part in page
    assert "Her words." in public_page(essay)
    assert "My words." in Draft.objects.get(author=colleague).fields["body"]
    assert "Compare" in second.open_html()


def test_after_a_conflict_the_author_saves_one_of_the_texts(author: User, essay: Essay) -> None:
    first, second = two(author, essay)
    first.save(body="<p>Her words.</p>")
    answer = second.save(body="<p>My words.</p>", title="Mine")
    fields: dict[str, Any] = {}
    for name, value in answer.context_data["fields"]:
        fields.setdefault(name, []).append(value)
    merged = fields | {"base": answer.context_data["newer"].version, "body": "<p>Her words and mine.</p>"}
    assert second.client.post(second.address, merged).status_code == 302
    assert list(essay.revisions.order_by("pk").values_list("body", flat=True)) == [
        "<p>Stored words.</p>", "<p>Her words.</p>", "<p>Her words and mine.</p>",
    ]  # fmt: skip
    third = second.save(body="<p>Old form again.</p>")
    assert third.status_code == 409


def form_of_conflict(pairs: list[tuple[str, str]], mark: str) -> dict[str, Any]:
    """Return the fields that a form of the conflict page sends."""
    fields: dict[str, Any] = {"base": mark}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def test_changes_in_different_paragraphs_are_offered_as_a_merged_text(author: User) -> None:
    essay = make.essay("Two Hands", by=author, body="<p>One.</p><p>Two.</p>")
    first, second = two(author, essay)
    first.save(body="<p>One of hers.</p><p>Two.</p>")
    answer = second.publish(body="<p>One.</p><p>Two of mine.</p>", title="Mine")
    assert "Merge and continue" in answer.content.decode()
    assert revisions.latest_text(essay).text.body == "<p>One of hers.</p><p>Two.</p>"
    merged = form_of_conflict(answer.context_data["both_fields"], answer.context_data["newer"].version)
    first.save(body="<p>One of hers.</p><p>Two.</p><p>And more.</p>", base=answer.context_data["newer"].version)
    assert second.client.post(second.address, merged).status_code == 409  # it is not what was seen any more
    merged["base"] = revisions.latest_text(essay).version
    answer = second.client.post(second.address, merged)
    assert (answer.status_code, urlsplit(answer.headers["Location"]).path) == (302, second.url_of("publish"))
    second.take_step()
    essay.refresh_from_db()
    assert (essay.title, essay.body) == ("Mine", "<p>One of hers.</p><p>Two of mine.</p>")


def test_changes_of_the_same_paragraph_are_both_kept_in_a_draft(author: User, essay: Essay) -> None:
    first, second = two(author, essay)
    first.save(body="<p>Stored words of hers.</p>")
    answer = second.publish(body="<p>Stored words of mine.</p>")
    assert "1 place was changed in both" in answer.content.decode()
    merged = form_of_conflict(answer.context_data["both_fields"], answer.context_data["newer"].version)
    assert second.client.post(second.address, merged).status_code == 302
    assert revisions.latest_text(essay).text.body == "<p>Stored words of hers.</p><p>Stored words of mine.</p>"
    essay.refresh_from_db()
    assert essay.body == "<p>Stored words.</p>"


def test_a_text_without_a_revision_can_be_the_base_of_a_merge(author: User, essay: Essay) -> None:
    text, revision, mark = revisions.latest_text(essay)
    assert revision is None
    first, _second = two(author, essay)
    first.save(body="<p>Hers.</p>")
    assert merging.find_base(essay, mark) == text
    assert merging.find_base(essay, revisions.latest_text(essay).version) == revisions.latest_text(essay).text
    for other in ("", "x", "7-", "0-x", "99999"):
        assert merging.find_base(essay, other) is None


def test_saving_the_same_text_twice_is_no_conflict(author: User, essay: Essay) -> None:
    first, second = two(author, essay)
    first.save(body="<p>Agreed.</p>")
    assert second.save(body="<p>Agreed.</p>").status_code == 302


def test_autosave_reports_that_the_essay_was_saved_elsewhere(author: User, essay: Essay) -> None:
    first, second = two(author, essay)
    first.save(body="<p>Her words.</p>")
    assert "has saved this essay" in second.autosave(**form_state("b", 1, "<p>Typing.</p>")).json()["behind"]


def test_autosave_without_a_login_redirects_and_stores_nothing(essay_form: EssayForm) -> None:
    essay_form.client.logout()
    assert essay_form.autosave(**form_state("a", 1, "<p>Typed.</p>")).status_code == 302
    assert not Draft.objects.exists()


def test_after_a_conflict_the_author_merges_the_texts_in_the_form(author: User, essay: Essay) -> None:
    first, second = two(author, essay)
    first.save(body="<p>Her words.</p>")
    for words in ("<p>My words.</p>", "<p>My later words.</p>"):
        answer = second.save(body=words)
    assert "My later words." in second.open_html(
        f"?draft={answer.context_data['draft'].pk}&seen={answer.context_data['newer'].version}"
    )
    assert second.save(body="<p>Both.</p>").status_code == 302
    assert essay.revisions.newest().body == "<p>Both.</p>"  # type: ignore[union-attr]


def test_a_never_saved_essay_is_listed_reopened_and_discarded(author: User) -> None:
    essay_form = EssayForm(author)
    essay_form.open()
    essay_form.autosave(**form_state("a", 1, "<p>Only typed.</p>", title="Never Saved"))
    draft = Draft.objects.get()
    again, away = f"/admin/blog/essay/add/?draft={draft.pk}", f"/admin/blog/essay/new/draft/?draft={draft.pk}"

    def listed(query: str = "") -> str:
        return essay_form.client.get(f"/admin/blog/essay/{query}").content.decode()

    for page in (listed(), listed("?state=draft"), listed("?q=never+typed")):
        assert re.search(rf'add/\?[^"]*draft={draft.pk}"', page)
        assert ">Never Saved<small>2 words</small></a>" in page
        assert away in page
    for page in (listed("?state=published"), listed("?q=unheard")):
        assert "Never Saved" not in page
    assert f'href="{again}">Never Saved</a>' in essay_form.client.get("/admin/").content.decode()
    continued = essay_form.open_html(f"?draft={draft.pk}")
    assert "Only typed." in continued
    assert f'data-number="{draft.save_count}"' in continued  # so that the browser's older copy is deleted
    assert "Only typed." in essay_form.client.get(away).content.decode()
    sent = {"discard": "1", "draft": draft.pk, "changed": draft.changed.isoformat()}
    answer = essay_form.client.post("/admin/blog/essay/new/draft/", sent)
    assert answer["Location"] == f"/admin/blog/essay/#saved-a-{draft.save_count}"
    assert "Never Saved" not in listed()


def test_a_never_saved_essay_is_listed_only_for_its_author(author: User) -> None:
    essay_form = EssayForm(author)
    essay_form.open()
    essay_form.autosave(**form_state("a", 1, "<p>Only typed.</p>", title="Never Saved"))
    other = EssayForm(make.owner("ruth", name="Ruth"))
    assert "Never Saved" not in other.client.get("/admin/blog/essay/").content.decode()
