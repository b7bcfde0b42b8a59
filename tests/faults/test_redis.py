"""Redis stops or hangs: people log in all the same, the site says so, and nothing old comes back with Redis."""

import http.client
from urllib.parse import urlencode, urlsplit

import pytest

from tests.services.processes import wait_until
from tests.services.redis import Redis
from tests.services.site import Serve, Server

pytestmark = pytest.mark.once


def asked(site: Server, method: str, path: str, **fields: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=10)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    connection.request(method, path, urlencode(fields), headers)
    answer = connection.getresponse()
    said = answer.status, answer.read().decode()
    connection.close()
    return said


def logs_in(site: Server) -> bool:
    return asked(site, "POST", "/accounts/login/", login="owner", password="demo")[0] == 302


def readiness(site: Server) -> str:
    status, words = asked(site, "GET", "/readyz")
    assert status == 200
    return words


def in_shell(site: Server, statement: str, url: str) -> str:
    code = f"from django.core.cache import cache; {statement}"
    return site.installation.manage("shell", "--verbosity=0", "-c", code, CACHE_URL=url).strip()


def test_people_log_in_without_redis_and_it_is_used_again_once_it_is_back(serve: Serve, redis: Redis) -> None:
    site = serve(demo=True, CACHE_URL=redis.url, WEB_CONCURRENCY="1")
    for number, (leaves, returns) in enumerate([(redis.stop, redis.start), (redis.suspend, redis.resume)], 1):
        assert readiness(site) == "ok\n"
        assert logs_in(site)
        leaves()
        assert logs_in(site)
        assert "Redis is not responding" in readiness(site)
        assert logs_in(site)
        returns()
        wait_until(lambda: readiness(site) == "ok\n", "the site to use Redis again")
        assert logs_in(site)
        assert site.process.output().count("Redis is not responding") == number


def test_nothing_from_before_the_outage_comes_back(serve: Serve, redis: Redis) -> None:
    site = serve(CACHE_URL=redis.url, WEB_CONCURRENCY="1")
    in_shell(site, "cache.set('word', 'old')", redis.url)
    redis.suspend()
    assert "Redis is not responding" in readiness(site)
    in_shell(site, "cache.set('word', 'new')", redis.url)
    redis.resume()
    wait_until(lambda: readiness(site) == "ok\n", "the site to use Redis again")
    assert in_shell(site, "print(cache.get('word'))", redis.url) == "new"


def test_the_doctor_says_that_redis_is_gone(serve: Serve, redis: Redis) -> None:
    site = serve()
    redis.stop()
    with pytest.raises(AssertionError, match="Redis is not responding"):
        site.installation.manage("doctor", CACHE_URL=redis.url)
