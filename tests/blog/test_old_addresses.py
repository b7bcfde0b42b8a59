"""An address that readers may have kept goes on leading to what it was of, in any script."""

import pytest
from django.test import Client

from blog import actions
from blog.models import Essay, Redirect
from tests import make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("before", "after"), [("before", "after"), ("πριν", "μετά"), ("以前", "after")])
def test_a_changed_slug_leads_on(client: Client, before: str, after: str) -> None:
    essay = make.essay(slug=before)
    old = essay.get_absolute_url()
    essay = Essay.objects.get(pk=essay.pk)
    essay.slug = after
    actions.save(essay)
    answer = client.get(old)
    assert answer.status_code == 301
    assert answer.headers["Location"] == essay.get_absolute_url()


def test_an_address_that_is_taken_again_is_its_new_owners(client: Client) -> None:
    first = make.essay("First", slug="λόγος")
    old = first.get_absolute_url()
    first = Essay.objects.get(pk=first.pk)
    first.slug = "other"
    actions.save(first)
    make.essay("Second", slug="λόγος")
    assert "Second" in client.get(old).content.decode()
    assert not Redirect.objects.exists()
