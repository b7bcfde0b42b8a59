"""Redis stops or hangs: people can still log in, the site reports it, and no old values come back with Redis."""

import http.client
from urllib.parse import urlencode, urlsplit

import pytest

from tests.services.processes import wait_until
from tests.services.redis import Redis
from tests.services.site import Installation, Serve, Server

pytestmark = pytest.mark.once


def send_request(site: Server, method: str, path: str, **fields: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=10)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    connection.request(method, path, urlencode(fields), headers)
    response = connection.getresponse()
    result = response.status, response.read().decode()
    connection.close()
    return result


def can_log_in(site: Server) -> bool:
    return send_request(site, "POST", "/accounts/login/", login="owner", password="demo")[0] == 302


def readiness(site: Server) -> str:
    status, text = send_request(site, "GET", "/readyz")
    assert status == 200
    return text


def run_in_shell(site: Server, statement: str, url: str) -> str:
    code = f"from django.core.cache import cache; {statement}"
    return site.installation.manage("shell", "--verbosity=0", "-c", code, CACHE_URL=url).strip()


def test_people_log_in_without_redis_and_it_is_used_again_once_it_is_back(serve: Serve, redis: Redis) -> None:
    site = serve(demo=True, CACHE_URL=redis.url, WEB_CONCURRENCY="1")
    for number, (take_away, bring_back) in enumerate([(redis.stop, redis.start), (redis.suspend, redis.resume)], 1):
        assert readiness(site) == "ok\n"
        assert can_log_in(site)
        take_away()
        assert can_log_in(site)
        assert "Redis is not responding" in readiness(site)
        assert can_log_in(site)
        bring_back()
        wait_until(lambda: readiness(site) == "ok\n", "the site to use Redis again")
        assert can_log_in(site)
        assert site.process.output().count("Redis is not responding") == number


def test_no_value_from_before_the_outage_comes_back(serve: Serve, redis: Redis) -> None:
    site = serve(CACHE_URL=redis.url, WEB_CONCURRENCY="1")
    run_in_shell(site, "cache.set('word', 'old')", redis.url)
    redis.suspend()
    assert "Redis is not responding" in readiness(site)
    run_in_shell(site, "cache.set('word', 'new')", redis.url)
    redis.resume()
    wait_until(lambda: readiness(site) == "ok\n", "the site to use Redis again")
    assert run_in_shell(site, "print(cache.get('word'))", redis.url) == "new"


def test_the_doctor_reports_that_redis_is_gone(installation: Installation, redis: Redis) -> None:
    redis.stop()
    with pytest.raises(AssertionError, match="Redis is not responding"):
        installation.manage("doctor", CACHE_URL=redis.url)
