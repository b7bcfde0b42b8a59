"""The owner exports or deletes a person's data at their request, and the log records it."""

import json

import pytest
from django.test import Client

from accounts.models import Commenter, User
from blog.models import Essay
from comments.models import Comment, Decision
from tests import make
from transfer.person import export as person_export

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LOG = "/admin/comments/queue/log/"


@pytest.fixture
def essay() -> Essay:
    make.rules()
    return make.essay("Of Forms")


@pytest.fixture
def owner() -> Client:
    return logged_in(make.owner("owner", name="Olga Owner"))


@pytest.fixture
def anna(essay: Essay) -> Commenter:
    comment = make.comment(essay, "What Anna says.", by=make.guest("Anna Karg"))
    make.comment(essay, "What Anna adds.", by=comment.commenter)
    found: Commenter = comment.commenter
    return found


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(commenter: Commenter) -> str:
    return f"/admin/comments/queue/people/{commenter.pk}/data/"


def read(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_only_the_owner_sees_the_link_on_a_persons_page(owner: Client, anna: Commenter) -> None:
    page = f"/admin/comments/queue/people/{anna.pk}/"
    assert page_of(anna) in read(owner, page)
    assert page_of(anna) in read(owner, f"{page}?form=person")
    moderator = logged_in(make.moderator())
    assert page_of(anna) not in read(moderator, page)
    for answer in (moderator.get(page_of(anna)), moderator.post(page_of(anna), {"action": "json"})):
        assert answer.status_code == 403
        assert "Only the owner can export or delete" in answer.content.decode()
    assert Client().get(page_of(anna)).status_code == 302
    assert not Decision.objects.filter(commenter_key__gt=0).exists()


@pytest.mark.both
def test_the_owner_exports_what_the_person_would_download_and_it_is_logged(owner: Client, anna: Commenter) -> None:
    answer = owner.post(page_of(anna), {"action": "json"})
    assert answer["Content-Disposition"] == f'attachment; filename="person-{anna.pk}.json"'
    exported = json.loads(answer.content)
    assert exported.keys() == person_export.as_dict(anna).keys()
    assert [row["text"] for row in exported["comments.wording"]] == ["What Anna says.", "What Anna adds."]
    assert "What Anna adds." in owner.post(page_of(anna), {"action": "html"}).content.decode()
    html = read(owner, f"{LOG}?person={anna.pk}&verb=export")
    assert html.count("Person’s data exported</b> by <bdi>Olga Owner</bdi>") == 2
    assert f"commenter {anna.pk}" in html
    assert f"commenter {anna.pk}" in b"".join(owner.get(f"{LOG}log.csv?verb=export")).decode()


@pytest.mark.both
@pytest.mark.parametrize(("words", "left"), [("stay", ["What Anna says.", "What Anna adds."]), ("go", [])])
def test_the_owner_deletes_a_person_after_confirming_and_the_log_keeps_only_the_number(
    owner: Client, essay: Essay, anna: Commenter, words: str, left: list[str]
) -> None:
    owner.post(page_of(anna), {"action": "json"})
    answer = owner.post(page_of(anna), {"action": "delete", "words": words})
    assert "Delete this person?" in answer.content.decode()
    assert Commenter.objects.filter(pk=anna.pk).exists()
    answer = owner.post(page_of(anna), {"action": "delete", "words": words, "sure": "1"}, follow=True)
    assert f"The personal data of commenter {anna.pk} has been deleted." in answer.content.decode()
    assert not Commenter.objects.filter(name="Anna Karg").exists()
    said = Comment.objects.filter(wording__isnull=False).order_by("pk")
    assert list(said.values_list("wording__text", flat=True)) == left
    assert set(said.values_list("commenter__name", flat=True)) <= {"Anonymous"}
    html = read(owner, f"{LOG}?person={anna.pk}")
    assert "Person’s data deleted</b> by <bdi>Olga Owner</bdi>" in html
    assert f"commenter {anna.pk}" in html
    logged = Decision.objects.filter(commenter_key=anna.pk).values()
    assert len(logged) == 2
    assert not [row for row in logged if "Anna" in str(row) or "anna@example.org" in str(row)]


def test_deletion_requires_a_choice_about_the_comments(owner: Client, anna: Commenter) -> None:
    answer = owner.post(page_of(anna), {"action": "delete", "sure": "1"})
    assert answer.status_code == 422
    assert "Choose what happens to the comments." in answer.content.decode()
    assert Commenter.objects.filter(pk=anna.pk).exists()
    assert owner.post(page_of(anna), {"action": "x"}).status_code == 400


@pytest.mark.parametrize("make_person", [make.owner, make.moderator, make.author])
def test_staff_can_be_exported_but_not_deleted(owner: Client, essay: Essay, make_person: object) -> None:
    commenter = Commenter.objects.for_user(make_person())  # type: ignore[operator]
    assert "remove their role under Users" in read(owner, page_of(commenter))
    assert owner.post(page_of(commenter), {"action": "delete", "words": "go", "sure": "1"}).status_code == 403
    assert Commenter.objects.filter(pk=commenter.pk).exists()
    assert owner.post(page_of(commenter), {"action": "json"}).status_code == 200


def test_an_account_is_deleted_with_its_login(owner: Client, essay: Essay) -> None:
    rosa = make.user("rosa", name="Rosa")
    commenter = Commenter.objects.for_user(rosa)
    make.comment(essay, by=commenter)
    owner.post(page_of(commenter), {"action": "delete", "words": "stay", "sure": "1"})
    assert not User.objects.filter(username="rosa").exists()
