"""An import into a running site shows on the next page, despite the page cache."""

import urllib.request

import pytest

from tests.services.site import Serve
from tests.transfer.exports import FIXTURES


@pytest.mark.once
def test_an_import_shows_on_the_next_page(serve: Serve) -> None:
    server = serve()

    def read(path: str) -> str:
        with urllib.request.urlopen(server.url + path) as answer:
            return str(answer.read().decode())

    assert "Whose Promise" not in read("/")
    report = server.installation.manage("import", "wordpress", str(FIXTURES / "old-blog.xml"))
    assert report.startswith("Imported from old-blog.xml:")
    assert "Whose Promise" in read("/")
    page = read("/2019/03/31/a-promise/")
    assert "I <strong>disagree</strong>." in page
    assert "Under one that waits." in page
