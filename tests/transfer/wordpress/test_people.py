"""Authors, co-authors and guests of the old site are matched to the right people here."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from accounts.models import Commenter, User
from blog.models import Essay
from comments.models import Comment
from tests import make
from tests.transfer.exports import author, comment, essay, export, import_text, item, term

pytestmark = [pytest.mark.django_db, pytest.mark.once]


class TestPeople:
    def test_an_existing_user_is_never_taken_for_an_author(self, tmp_path: Path) -> None:
        owner = make.owner("vera")
        report = import_text(tmp_path, export(author("vera", name="Vera", email=owner.email), item(1)))
        made = essay(1).bylines[0]
        assert made != owner
        assert (made.username, made.email, made.is_active) == ("vera-2", "", False)
        assert "    vera is now vera-2" in report.splitlines()

    def test_the_owner_can_assign_an_author_to_a_user(self, tmp_path: Path) -> None:
        owner = make.owner("me")
        text = export(
            author("vera", number=5, name="Vera"), item(1, comment(1, user_id=5, author="Vera"), creator="vera")
        )
        import_text(tmp_path, text, "--author", "vera=me")
        assert essay(1).bylines == [owner]
        assert Comment.objects.get().commenter.user == owner
        assert User.objects.count() == 1
        assert import_text(tmp_path, text).startswith("Nothing")

    @pytest.mark.parametrize("pair", ["vera=nobody", "vera", "=me", ""])
    def test_an_author_can_only_be_assigned_to_an_existing_user(self, tmp_path: Path, pair: str) -> None:
        make.owner("me")
        with pytest.raises(CommandError, match="Nothing was changed"):
            import_text(tmp_path, export(item(1)), "--author", pair)
        assert not Essay.objects.exists()

    def test_an_author_missing_from_the_files_list_is_created_from_posts(self, tmp_path: Path) -> None:
        import_text(
            tmp_path, export(item(1, creator="sam o'hara@old.example"), item(2, creator=">sam"), item(3, creator="sam"))
        )
        first, second = User.objects.order_by("pk")
        assert (first.username, first.name) == ("sam-ohara", "sam o'hara")
        assert second.username == "sam"
        assert essay(2).bylines == essay(3).bylines == [second]

    def test_only_a_logged_in_commenter_is_the_author(self, tmp_path: Path) -> None:
        vera = author("vera", number=5, name="Vera", email="vera@old.example")
        typed: dict[str, Any] = {"author": "Vera", "author_email": "vera@old.example"}
        import_text(
            tmp_path,
            export(
                vera,
                item(
                    1,
                    comment(1, user_id=5, author="V."),
                    comment(2, user_id=99, author="VERA", author_email="VERA@old.example"),
                    comment(3, user_id=0, **typed),
                    comment(4, user_id=99, author="A subscriber"),
                ),
            ),
        )
        users = Comment.objects.order_by("created").values_list("commenter__user__username", flat=True)
        assert list(users) == ["vera", "vera", None, None]

    def test_a_guest_of_this_site_is_never_reused(self, tmp_path: Path) -> None:
        here = make.comment(make.essay(), by=make.guest("Tom", email="tom@example.org"))
        import_text(tmp_path, export(item(1, comment(1))))
        assert Comment.objects.get(wording__text="Words 1").commenter != here.commenter

    def test_each_combination_of_name_email_and_website_is_one_guest(self, tmp_path: Path) -> None:
        people = [("Tom", "t@x.org", ""), ("Tom", "t@x.org", "tom.example"), ("Tom", "", ""), ("Tom", "t@x.org", "")]
        import_text(
            tmp_path,
            export(
                item(1, *(comment(n, author=a, author_email=e, author_url=u) for n, (a, e, u) in enumerate(people, 1)))
            ),
        )
        assert Comment.objects.count() == 4
        assert set(Commenter.objects.values_list("name", "email", "website")) == {
            ("Tom", "t@x.org", ""), ("Tom", "t@x.org", "https://tom.example"), ("Tom", "", ""),
        }  # fmt: skip

    def test_names_are_tidied(self, tmp_path: Path) -> None:
        names = ["<b>Bold</b>", "Admin\u202e\u200b", "x" * 400, "A &amp; B"]
        import_text(tmp_path, export(item(1, *(comment(n, author=name) for n, name in enumerate(names, 1)))))
        kept = list(Comment.objects.order_by("created").values_list("commenter__name", flat=True))
        assert kept == ["Bold", "Admin", "x" * 245, "A & B"]

    def test_co_authors_keep_their_order_however_their_usernames_are_written(self, tmp_path: Path) -> None:
        import_text(
            tmp_path,
            export(
                author("vera.holm", name="Vera Holm"),
                author("tom@x.org", number=2, name="Tom"),
                item(
                    1,
                    term("author", "cap-tomx-org", "Tom"),
                    term("author", "vera-holm", "Vera Holm"),
                    term("author", "cap-tomx-org", "Tom"),
                    term("author", "cap-guest", "A Guest"),
                    creator="vera.holm",
                ),
            ),
        )
        assert [person.name for person in essay(1).bylines] == ["Tom", "Vera Holm", "A Guest"]
        assert User.objects.count() == 3
