"""What a reader finds on the search page."""

import re
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from server.models import Bucket

RESULT = re.compile(r'<h2[^>]*><a href="([^"]+)"')


def get(q: str = "", **more: Any) -> Any:
    """Ask as a reader who has not searched before."""
    Bucket.objects.all().delete()
    return Client().get(f"/search/?{urlencode({'q': q, **more}, errors='replace')}")


def found(q: str, **more: Any) -> list[str]:
    """The addresses of the results, in order."""
    response = get(q, **more)
    assert response.status_code == 200
    return RESULT.findall(response.content.decode())
