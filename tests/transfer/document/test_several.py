"""Import of several documents and of ZIP archives: each has its own result, and none stops another."""

import io
import unicodedata
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as Pillow

from accounts.models import User
from blog.models import Essay
from tests import make
from tests.transfer.document.test_document import UPLOAD, WHOLE
from transfer.document import several

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LOSSY = b"# Walk\n\n<form>Field</form>\n\n![Lost](here.png)\n"


@pytest.fixture
def author() -> User:
    return make.author("miriam", name="Miriam Achterberg")


@pytest.fixture
def desk(author: User) -> Client:
    client = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin", "accept": "text/html"})
    client.force_login(author)
    return client


def sent(**files: bytes) -> dict[str, Any]:
    return {"file": [SimpleUploadedFile(name.replace("__", "."), data) for name, data in files.items()]}


def archive(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return out.getvalue()


def titles() -> list[str]:
    return sorted(Essay.objects.values_list("title", flat=True))


def picture() -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", (4, 3), "red").save(out, "PNG")
    return out.getvalue()


def test_names_in_an_archive_that_macos_wrote_are_read(desk: Client) -> None:
    name = unicodedata.normalize("NFD", "Café").encode()
    packed = archive({"x" * len(name) + ".md": b"Words"}).replace(b"x" * len(name), name)
    desk.post(UPLOAD, sent(a__zip=packed))
    assert titles() == ["Café"]


def test_each_of_several_files_has_its_own_result(desk: Client, author: User) -> None:
    answer = desk.post(UPLOAD, sent(a__docx=WHOLE, b__docx=b"x", c__md=LOSSY, d__pdf=b"%PDF", e__md=b""), follow=True)
    assert answer.redirect_chain == [(f"{UPLOAD}?done", 302)]
    assert titles() == ["On Walking", "Walk"]
    assert all(list(essay.authors.all()) == [author] for essay in Essay.objects.all())
    page = answer.content.decode()
    for words in (
        "2 drafts from 5 files",
        f"/admin/blog/essay/{Essay.objects.get(title='Walk').pk}/change/",
        "b.docx: this is not a .docx file, or it is damaged. Not imported.",
        "d.pdf: only .docx, .html and .md files can be imported. Not imported.",
        "e.md: the file is empty. Not imported.",
        "c.md · 2 losses or changes",
    ):
        assert words in page, words
    assert "drafts from" not in desk.get(UPLOAD).content.decode()


def test_documents_in_an_archive_become_drafts_with_their_pictures(desk: Client) -> None:
    packed = archive({
        "posts/one.md": b"# One\n\n![Red](../media/red.png) ![Same](/media/red.png) ![Out](../../../etc/passwd)\n",
        "posts/two.docx": WHOLE,
        "media/red.png": picture(),
        "__MACOSX/posts/one.md": b"x",
        "posts/.DS_Store": b"x",
    })  # fmt: skip
    answer = desk.post(UPLOAD, sent(all__zip=packed), follow=True)
    assert "2 drafts from 2 files" in answer.content.decode()
    assert titles() == ["On Walking", "One"]
    essay = Essay.objects.get(title="One")
    assert essay.body.count("<img") == 2
    assert "picture" in essay.import_losses
    assert "Out" in essay.import_losses


HOSTILE = {
    "no archive": (b"hello", "not a ZIP archive"),
    "no document": (archive({"a.png": b"x"}), "has no documents"),
    "a path outside": (archive({"../a.md": b"# A"}), "outside its own folder"),
    "an absolute path": (archive({"/a.md": b"# A"}), "outside its own folder"),
    "a bomb": (archive({"a.md": b"a" * 3_000_000}, zipfile.ZIP_DEFLATED), "suspiciously large"),
    "too many files": (archive({f"{number}.png": b"" for number in range(1001)}), "more than 1,000 files"),
    "damaged": (archive({"a.md": b"# A" * 99}).replace(b"# A# A", b"# B# A", 1), "damaged"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_archive_is_rejected_with_a_message(case: str, desk: Client) -> None:
    data, words = HOSTILE[case]
    answer = desk.post(UPLOAD, sent(a__zip=data))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Essay.objects.exists()


def test_a_bad_archive_does_not_stop_other_files(desk: Client) -> None:
    answer = desk.post(UPLOAD, sent(a__zip=b"x", b__md=b"# Walk\n\nText."), follow=True)
    assert "1 draft from 2 files" in answer.content.decode()
    assert titles() == ["Walk"]


def test_files_documents_and_time_are_bounded(desk: Client, author: User, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = desk.post(UPLOAD, sent(**{f"{number}__md": b"# A" for number in range(11)}))
    assert answer.status_code == 422
    assert "up to 10 files" in answer.content.decode()
    monkeypatch.setattr(several, "MAX_DOCUMENTS", 2)
    texts = [(f"{number}.md", b"# A\n\nText.") for number in range(3)]
    assert [bool(each.essay) for each in several.import_documents(texts, by=author)] == [True, True, False]
    monkeypatch.setattr(several, "MAX_SECONDS", -1)
    assert [each.error[:19] for each in several.import_documents(texts[:1], by=author)] == ["the other documents"]


def test_the_losses_of_an_import_stay_with_the_essay_until_they_are_dismissed(desk: Client) -> None:
    answer = desk.post(UPLOAD, sent(walk__md=LOSSY), follow=True)
    essay = Essay.objects.get()
    address = f"/admin/blog/essay/{essay.pk}/"
    assert answer.redirect_chain[-1][0] == f"{address}change/"
    assert essay.import_losses.splitlines() == ["1 picture that could not be imported: Lost", "1 form: Field"]
    for page in (answer.content.decode(), desk.get(f"{address}change/").content.decode()):
        assert "2 losses or changes in the import" in page
        assert page.count("1 form: Field") == 1
    stranger = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})
    stranger.force_login(make.author("bram"))
    assert stranger.post(f"{address}losses/dismiss/").status_code == 403
    assert desk.get(f"{address}losses/dismiss/").status_code == 405
    assert desk.post(f"{address}losses/dismiss/").status_code == 204
    assert "in the import" not in desk.get(f"{address}change/").content.decode()


def test_dismissing_without_javascript_keeps_the_typed_text_as_a_draft(desk: Client) -> None:
    desk.post(UPLOAD, sent(walk__md=LOSSY))
    essay = Essay.objects.get()
    address = f"/admin/blog/essay/{essay.pk}/"
    answer = desk.post(f"{address}losses/dismiss/", {"title": "Walk", "body": "<p>Typed.</p>", "base": ""}, follow=True)
    assert "Typed." in answer.content.decode()
    assert "in the import" not in answer.content.decode()
    essay.refresh_from_db()
    assert "Typed." not in essay.body
