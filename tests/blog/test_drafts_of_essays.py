"""What is typed is kept before it is saved, and no text takes another's place without somebody choosing so."""

from typing import Any

import pytest

from accounts.models import User
from blog.models import Draft, Essay
from blog.writing import merging, revisions
from tests import make
from tests.blog.writing import Desk, readers_page

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def author() -> User:
    return make.author("miriam", name="Miriam Achterberg")


@pytest.fixture
def essay(author: User) -> Essay:
    return make.essay("Whose Promise", by=author, body="<p>Stored words.</p>")


@pytest.fixture
def desk(author: User, essay: Essay) -> Desk:
    desk = Desk(author, essay)
    desk.open()
    return desk


def one(tab: str, number: int, body: str, **more: str) -> dict[str, str]:
    return {"tab": tab, "number": str(number), "body": body} | more


def test_what_is_typed_is_one_row_and_no_revision(desk: Desk, essay: Essay) -> None:
    for number in range(1, 4):
        answer = desk.keep(**one("first", number, f"<p>Typed {number}.</p>"))
        assert answer.json()["state"] == "kept"
    assert Draft.objects.get().fields["body"] == "<p>Typed 3.</p>"
    assert not essay.revisions.exists()
    assert "Stored words." in readers_page(essay)


def test_what_comes_late_does_not_replace_what_came_after_it(desk: Desk) -> None:
    desk.keep(**one("first", 5, "<p>Newer.</p>"))
    desk.keep(**one("first", 4, "<p>Older.</p>"))
    assert Draft.objects.get().fields["body"] == "<p>Newer.</p>"


def test_an_unsaved_text_is_offered_beside_what_is_stored_and_taken_up(desk: Desk, essay: Essay) -> None:
    desk.keep(**one("first", 1, "<p>Typed words.</p>"))
    assert "Compare" in desk.look()
    both = desk.client.get(desk.at("draft")).content.decode()
    again = f"?draft={Draft.objects.get().pk}"
    for part in ("Stored words.", "Typed words.", "<del>", "<ins>", again):
        assert part in both
    assert "Typed words." in desk.look(again)
    assert desk.save(tab="second").status_code == 302
    assert essay.revisions.newest().body == "<p>Typed words.</p>"  # type: ignore[union-attr]


def test_an_unsaved_text_goes_only_as_it_was_seen(desk: Desk) -> None:
    seen = desk.keep(**one("first", 1, "<p>Seen.</p>")).json()["changed"]
    desk.keep(**one("first", 2, "<p>Not seen.</p>"))
    desk.client.post(desk.at("draft"), {"discard": "1", "changed": seen})
    now = Draft.objects.get()
    desk.client.post(desk.at("draft"), {"discard": "1", "changed": now.changed.isoformat()})
    assert not Draft.objects.exists()


def bodies() -> list[str]:
    return sorted(draft.fields["body"] for draft in Draft.objects.all())


def test_each_tab_keeps_its_own_unsaved_text_and_all_are_offered(desk: Desk) -> None:
    for tab, body in (
        ("first", "<p>First tab.</p>"),
        ("second", "<p>Second tab.</p>"),
        ("first", "<p>First again.</p>"),
    ):
        answer = desk.keep(**one(tab, 9 if body != "<p>First again.</p>" else 10, body, title=f"Of {tab}"))
        assert (answer.status_code, answer.json()["state"]) == (200, "kept")
    assert bodies() == ["<p>First again.</p>", "<p>Second tab.</p>"]
    page = desk.look()
    for draft in Draft.objects.all():
        assert f"{draft}, " in page
        assert f"/draft/?draft={draft.pk}" in page


def test_an_unsaved_text_that_is_taken_up_stays_one_row(desk: Desk) -> None:
    desk.keep(**one("first", 1, "<p>First.</p>"))
    desk.open(f"?draft={Draft.objects.get().pk}")
    desk.keep(**one("second", 1, "<p>First and more.</p>"))
    assert bodies() == ["<p>First and more.</p>"]


def test_an_unsaved_text_that_is_taken_up_while_its_tab_types_on_becomes_two(desk: Desk) -> None:
    desk.keep(**one("first", 1, "<p>First.</p>"))
    desk.open(f"?draft={Draft.objects.get().pk}")
    opened = desk.opened
    desk.opened = opened | {"draft": "", "over": ""}
    desk.keep(**one("first", 2, "<p>First typed on.</p>"))
    desk.opened = opened
    desk.keep(**one("second", 1, "<p>Second.</p>"))
    assert bodies() == ["<p>First typed on.</p>", "<p>Second.</p>"]


def test_saving_a_taken_up_text_without_a_script_deletes_its_copy(desk: Desk) -> None:
    desk.keep(**one("first", 1, "<p>First.</p>"))
    desk.keep(**one("other", 1, "<p>Other.</p>"))
    desk.open(f"?draft={Draft.objects.get(tab='first').pk}")
    desk.save(body="<p>First, saved.</p>")
    assert bodies() == ["<p>Other.</p>"]


def test_an_author_cannot_open_or_delete_the_unsaved_text_of_another(desk: Desk, essay: Essay) -> None:
    desk.keep(**one("first", 1, "<p>Secret words.</p>"))
    draft = Draft.objects.get()
    other = Desk(make.owner("ruth", name="Ruth"), essay)
    assert "Secret words." not in other.look(f"?draft={draft.pk}")
    assert other.client.get(other.at("draft"), {"draft": draft.pk}).status_code == 302
    sent = {"discard": "1", "draft": draft.pk, "changed": draft.changed.isoformat()}
    other.client.post(other.at("draft"), sent)
    assert Draft.objects.count() == 1


def test_saving_forgets_what_its_own_page_kept_and_nothing_else(desk: Desk) -> None:
    desk.keep(**one("first", 1, "<p>Typed.</p>"))
    desk.save(body="<p>From another page.</p>", tab="second")
    assert Draft.objects.count() == 1
    desk.open()
    desk.save(body="<p>Typed more.</p>", tab="first")
    assert not Draft.objects.exists()


def test_a_new_essay_is_kept_too_one_row_for_each_form(author: User) -> None:
    desk, other = Desk(author), Desk(author)
    desk.open()
    other.open()
    desk.keep(**one("a", 1, "<p>One.</p>", title="One"))
    other.keep(**one("b", 1, "<p>Two.</p>", title="Two"))
    assert Draft.objects.count() == 2
    third = Desk(author)
    page = third.look()
    assert "<li>One, " in page
    assert "<li>Two, " in page
    page = third.look(f"?draft={Draft.objects.get(tab='a').pk}")
    assert "&lt;p&gt;One.&lt;/p&gt;" in page
    third.save(tab="a")
    assert [draft.fields["title"] for draft in Draft.objects.all()] == ["Two"]
    assert Essay.objects.get(title="One").body == "<p>One.</p>"


def two(author: User, essay: Essay, other: User | None = None) -> tuple[Desk, Desk]:
    """The same essay open twice."""
    first, second = Desk(author, essay), Desk(other or author, essay)
    first.open()
    second.open()
    return first, second


@pytest.mark.parametrize("button", ["save", "publish"])
def test_saving_on_top_of_a_newer_text_stops_and_shows_both(author: User, essay: Essay, button: str) -> None:
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
    assert "Her words." in readers_page(essay)
    assert "My words." in Draft.objects.get(author=colleague).fields["body"]
    assert "Compare" in second.look()


def test_after_a_conflict_the_author_saves_one_text_of_both(author: User, essay: Essay) -> None:
    first, second = two(author, essay)
    first.save(body="<p>Her words.</p>")
    answer = second.save(body="<p>My words.</p>", title="Mine")
    fields: dict[str, Any] = {}
    for name, value in answer.context_data["fields"]:
        fields.setdefault(name, []).append(value)
    merged = fields | {"base": answer.context_data["newer"].mark, "body": "<p>Her words and mine.</p>"}
    assert second.client.post(second.address, merged).status_code == 302
    assert list(essay.revisions.order_by("pk").values_list("body", flat=True)) == [
        "<p>Stored words.</p>", "<p>Her words.</p>", "<p>Her words and mine.</p>",
    ]  # fmt: skip
    third = second.save(body="<p>Old form again.</p>")
    assert third.status_code == 409


def sent_of(pairs: list[tuple[str, str]], mark: str) -> dict[str, Any]:
    """What a form of the page about a conflict sends."""
    fields: dict[str, Any] = {"base": mark}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def test_changes_of_both_in_other_paragraphs_are_offered_together_and_wait_to_be_chosen(author: User) -> None:
    essay = make.essay("Two Hands", by=author, body="<p>One.</p><p>Two.</p>")
    first, second = two(author, essay)
    first.save(body="<p>One of hers.</p><p>Two.</p>")
    answer = second.publish(body="<p>One.</p><p>Two of mine.</p>", title="Mine")
    assert "Merge and publish" in answer.content.decode()
    assert revisions.standing(essay).text.body == "<p>One of hers.</p><p>Two.</p>"
    merged = sent_of(answer.context_data["both_fields"], answer.context_data["newer"].mark)
    first.save(body="<p>One of hers.</p><p>Two.</p><p>And more.</p>", base=answer.context_data["newer"].mark)
    assert second.client.post(second.address, merged).status_code == 409  # it is not what was seen any more
    merged["base"] = revisions.standing(essay).mark
    assert second.client.post(second.address, merged).status_code == 302
    essay.refresh_from_db()
    assert (essay.title, essay.body) == ("Mine", "<p>One of hers.</p><p>Two of mine.</p>")


def test_where_both_changed_the_same_both_stand_in_a_draft_that_no_reader_sees(author: User, essay: Essay) -> None:
    first, second = two(author, essay)
    first.save(body="<p>Stored words of hers.</p>")
    answer = second.publish(body="<p>Stored words of mine.</p>")
    assert "1 place was changed in both" in answer.content.decode()
    merged = sent_of(answer.context_data["both_fields"], answer.context_data["newer"].mark)
    assert second.client.post(second.address, merged).status_code == 302
    assert revisions.standing(essay).text.body == "<p>Stored words of hers.</p><p>Stored words of mine.</p>"
    essay.refresh_from_db()
    assert essay.body == "<p>Stored words.</p>"


def test_a_text_past_all_revisions_is_a_base_too(author: User, essay: Essay) -> None:
    text, revision, mark = revisions.standing(essay)
    assert revision is None
    first, _second = two(author, essay)
    first.save(body="<p>Hers.</p>")
    assert merging.base_of(essay, mark) == text
    assert merging.base_of(essay, revisions.standing(essay).mark) == revisions.standing(essay).text
    for other in ("", "x", "7-", "0-x", "99999"):
        assert merging.base_of(essay, other) is None


def test_the_same_words_twice_are_no_conflict(author: User, essay: Essay) -> None:
    first, second = two(author, essay)
    first.save(body="<p>Agreed.</p>")
    assert second.save(body="<p>Agreed.</p>").status_code == 302


def test_a_page_hears_that_the_essay_was_saved_elsewhere(author: User, essay: Essay) -> None:
    first, second = two(author, essay)
    first.save(body="<p>Her words.</p>")
    assert "has saved this essay" in second.keep(**one("b", 1, "<p>Typing.</p>")).json()["behind"]


def test_who_is_logged_out_is_sent_to_log_in_and_nothing_is_written(desk: Desk) -> None:
    desk.client.logout()
    assert desk.keep(**one("a", 1, "<p>Typed.</p>")).status_code == 302
    assert not Draft.objects.exists()


def test_after_a_conflict_both_are_made_one_in_the_form(author: User, essay: Essay) -> None:
    first, second = two(author, essay)
    first.save(body="<p>Her words.</p>")
    for words in ("<p>My words.</p>", "<p>My later words.</p>"):
        answer = second.save(body=words)
    assert "My later words." in second.look(
        f"?draft={answer.context_data['kept'].pk}&seen={answer.context_data['newer'].mark}"
    )
    assert second.save(body="<p>Both.</p>").status_code == 302
    assert essay.revisions.newest().body == "<p>Both.</p>"  # type: ignore[union-attr]


def test_an_essay_that_was_never_saved_is_listed_opened_again_and_deleted(author: User) -> None:
    desk = Desk(author)
    desk.open()
    desk.keep(**one("a", 1, "<p>Only typed.</p>", title="Never Saved"))
    draft = Draft.objects.get()
    again, away = f"/admin/blog/essay/add/?draft={draft.pk}", f"/admin/blog/essay/new/draft/?draft={draft.pk}"

    def listed(query: str = "") -> str:
        return desk.client.get(f"/admin/blog/essay/{query}").content.decode()

    for page in (listed(), listed("?state=draft"), listed("?q=never+typed")):
        assert f'<a href="{again}">Never Saved</a>' in page
        assert away in page
    for page in (listed("?state=published"), listed("?q=unheard")):
        assert "Never Saved" not in page
    assert f'<a href="{again}">Never Saved</a>' in desk.client.get("/admin/").content.decode()
    assert "Only typed." in desk.look(f"?draft={draft.pk}")
    assert "Only typed." in desk.client.get(away).content.decode()
    sent = {"discard": "1", "draft": draft.pk, "changed": draft.changed.isoformat()}
    answer = desk.client.post("/admin/blog/essay/new/draft/", sent)
    assert answer["Location"] == f"/admin/blog/essay/#saved-a-{draft.number}"
    assert "Never Saved" not in listed()


def test_an_essay_that_was_never_saved_is_listed_for_its_author_alone(author: User) -> None:
    desk = Desk(author)
    desk.open()
    desk.keep(**one("a", 1, "<p>Only typed.</p>", title="Never Saved"))
    other = Desk(make.owner("ruth", name="Ruth"))
    assert "Never Saved" not in other.client.get("/admin/blog/essay/").content.decode()
