"""Posting a comment to `manage.py serve` and to WordPress on MariaDB and PHP-FPM, both behind the same nginx."""

import contextlib
import getpass
import http.client
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from statistics import median
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from django.db import connection

from blog.models import Essay
from comments.models import Comment
from tests import make
from tests.bench import corpus
from tests.services.processes import Process, free_port, is_listening, stopped_at_end
from tests.services.site import Server, new_installation

INSTALL = "apt-get install --no-install-recommends wordpress mariadb-server php-fpm nginx"
SOURCE = Path("/usr/share/wordpress")
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
SIZES = (10, 10_000)
ROUNDS = 40  # comments posted alone to each essay
SLICES, SECONDS, WRITERS = 5, 2.0, 4  # several writers post for so long, on each system in turn
numbers = count(1)
prose = Random(5)

NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; worker_processes auto; {user}
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{wordpress};
    root {folder}/www; index index.php;
    location / {{ try_files $uri $uri/ /index.php?$args; }}
    location ~ \\.php$ {{ include /etc/nginx/fastcgi.conf; fastcgi_pass unix:{folder}/php.socket; }}
  }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{serve}; proxy_http_version 1.1;
      proxy_set_header Host 127.0.0.1; proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
    }}
  }}
}}
"""
# As in Debian's www.conf and php.ini, opcache included; emails go to a mail server that takes no time.
FPM = """
[global]
error_log = {folder}/fpm.log
daemonize = no
[www]
{user}
listen = {folder}/php.socket
pm = dynamic
pm.max_children = 5
pm.start_servers = 2
pm.min_spare_servers = 1
pm.max_spare_servers = 3
php_admin_value[sendmail_path] = /bin/true
"""
CONFIG = """<?php
define('DB_NAME', 'wordpress'); define('DB_USER', '{name}'); define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:{folder}/db.socket'); define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
foreach (['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY',
          'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'] as $key) define($key, "$key of the benchmark");
define('WP_HTTP_BLOCK_EXTERNAL', true); define('DISABLE_WP_CRON', true);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""
NO_FLOOD_LIMIT = "<?php remove_action('check_comment_flood', 'check_comment_flood_db', 10);"
SET_UP = """<?php
define('WP_INSTALLING', true); $_SERVER['HTTP_HOST'] = '127.0.0.1:{port}';
require '{folder}/www/wp-load.php'; require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Essays', 'owner', 'owner@example.org', true, '', 'secret-of-the-benchmark');
update_option('siteurl', 'http://127.0.0.1:{port}'); update_option('home', 'http://127.0.0.1:{port}');
update_option('comment_moderation', 0); update_option('comment_previously_approved', 0);
update_option('template', 'least'); update_option('stylesheet', 'least');
foreach ([{sizes}] as $size) echo wp_insert_post(['post_title' => "Of $size comments", 'post_status' => 'publish',
  'post_author' => 1, 'post_content' => '{body}']), "\\n";  // the author is emailed, as by default and as ours is
"""


class System(Protocol):
    """One of the two systems: its essays by number of comments, with the comments that can be replied to."""

    parents: dict[int, list[int]]

    def post(self, client: http.client.HTTPConnection, size: int, parent: int) -> None: ...

    def connect(self) -> http.client.HTTPConnection: ...


@dataclass
class Site:
    """Either system behind nginx on this port."""

    port: int
    parents: dict[int, list[int]] = field(default_factory=dict)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def send(self, client: http.client.HTTPConnection, path: str, fields: dict[str, str]) -> None:
        """Post a form and read the whole response, which must redirect to the new comment."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        client.request("POST", path, urlencode(fields), headers)
        response = client.getresponse()
        body = response.read()
        if response.status != 302:
            raise RuntimeError(f"{response.status} for a reply to {path}: {body[-2000:].decode(errors='replace')}")


@dataclass
class Rejoinder(Site):
    essays: dict[int, Essay] = field(default_factory=dict)

    def post(self, client: http.client.HTTPConnection, size: int, parent: int) -> None:
        number = next(numbers)
        text, name = f"{corpus.text(prose)} {number}", f"Reader {number}"
        fields = make.guest_form(text=text, parent=str(parent), name=name, email=f"reader{number}@example.org")
        self.send(client, f"{self.essays[size].get_absolute_url()}respond/", fields)


@dataclass
class WordPress(Site):
    essays: dict[int, int] = field(default_factory=dict)

    def post(self, client: http.client.HTTPConnection, size: int, parent: int) -> None:
        number = next(numbers)
        fields = {
            "comment": f"{corpus.text(prose)} {number}", "author": f"Reader {number}", "url": "",
            "email": f"reader{number}@example.org", "comment_post_ID": str(self.essays[size]),
            "comment_parent": str(parent),
        }  # fmt: skip
        self.send(client, "/wp-comments-post.php", fields)


def missing() -> list[str]:
    """Return the programs and folders that are not installed."""
    programs = [
        name for name in ("mariadbd", "mariadb-install-db", "php", "nginx") if not shutil.which(name, path=PATH)
    ]
    return [*programs, *([] if fpm() else ["php-fpm"]), *([] if SOURCE.is_dir() else [str(SOURCE)])]


def fpm() -> str:
    found = sorted(Path("/usr/sbin").glob("php-fpm*"))
    return str(found[-1]) if found else ""


def run(command: list[str], text: str = "") -> str:
    """Run a program and return its output; raise an error with both outputs if it fails."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, env={**os.environ, "PATH": PATH})
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


@contextlib.contextmanager
def mariadb(folder: Path) -> Iterator[None]:
    """Run MariaDB with its defaults: each commit reaches the disk."""
    socket, user = folder / "db.socket", getpass.getuser()
    basic = ["--no-defaults", f"--datadir={folder / 'db'}", *(["--user=root"] if user == "root" else [])]
    run(["mariadb-install-db", *basic, "--auth-root-authentication-method=normal"])
    command = [shutil.which("mariadbd", path=PATH) or "", *basic, f"--socket={socket}", "--skip-networking"]
    with stopped_at_end(Process([*command, f"--pid-file={folder / 'db.pid'}"], log=folder / "db.log")) as process:
        process.wait_until(socket.exists, "MariaDB")
        query(folder, "CREATE DATABASE wordpress CHARACTER SET utf8mb4", database="")
        yield


def query(folder: Path, text: str, database: str = "wordpress") -> str:
    return run(["mariadb", "--no-defaults", "-N", "-uroot", f"--socket={folder / 'db.socket'}", database], text)


@contextlib.contextmanager
def web(folder: Path, *, port: int, serve: int) -> Iterator[WordPress]:
    """Run PHP-FPM with WordPress, and nginx in front of it; on `port` nginx passes requests on to `serve`."""
    wordpress = WordPress(free_port())
    is_root, name = os.getuid() == 0, getpass.getuser()
    values = {"folder": folder, "wordpress": wordpress.port, "port": port, "serve": serve}
    (folder / "nginx.conf").write_text(NGINX.format(user=f"user {name};" if is_root else "", **values))
    (folder / "fpm.conf").write_text(FPM.format(folder=folder, user=f"user = {name}\ngroup = {name}" * is_root))
    install(folder, wordpress)
    php: list[str | Path] = [fpm(), "--fpm-config", folder / "fpm.conf", *(["-R"] if is_root else [])]
    nginx: list[str | Path] = [
        shutil.which("nginx", path=PATH) or "",
        "-e",
        folder / "nginx.log",
        "-c",
        folder / "nginx.conf",
    ]
    with (
        stopped_at_end(Process(php, log=folder / "php.log")) as first,
        stopped_at_end(Process(nginx, log=folder / "nginx-output.log")) as second,
    ):
        first.wait_until((folder / "php.socket").exists, "PHP-FPM")
        second.wait_until(lambda: is_listening(wordpress.port), "nginx")
        yield wordpress


def install(folder: Path, wordpress: WordPress) -> None:
    """Install WordPress with its essays, without a limit of comments per minute, and with the least theme."""
    www = folder / "www"
    shutil.copytree(SOURCE, www, ignore=shutil.ignore_patterns(".htaccess", "wp-config.php"))
    (www / "wp-config.php").write_text(CONFIG.format(folder=folder, name="root"))
    theme = www / "wp-content/themes/least"
    theme.mkdir(parents=True, exist_ok=True)
    (theme / "style.css").write_text("/*\nTheme Name: Least\n*/\n")
    loop = "while (have_posts()) { the_post(); the_title(); the_content(); comments_template(); }"
    (theme / "index.php").write_text(f"<?php get_header(); {loop} get_footer();")
    (www / "wp-content/mu-plugins").mkdir(exist_ok=True)
    (www / "wp-content/mu-plugins/no_flood_limit.php").write_text(NO_FLOOD_LIMIT)
    body = "".join(f"<p>{corpus.text(prose, 150)}</p>" for _ in range(10))
    sizes = ", ".join(map(str, SIZES))
    output = run(["php"], SET_UP.format(folder=folder, port=wordpress.port, sizes=sizes, body=body))
    for size, number in zip(SIZES, output.split()[-len(SIZES) :], strict=True):
        wordpress.essays[size] = int(number)
        wordpress.parents[size] = fill(folder, int(number), size)


def fill(folder: Path, essay: int, size: int) -> list[int]:
    """Insert comments as rows, in threads shaped as the corpus has them, and return their numbers."""
    first = int(query(folder, "SELECT COALESCE(MAX(comment_ID), 0) + 1 FROM wp_comments"))
    rows, random = [], Random(size)
    for index, parent in enumerate(corpus.parents(size, random, 0.28, 5)):
        values = (
            first + index, essay, f"Reader {index % 60}", f"reader{index % 60}@example.org", corpus.text(random), "1",
            "comment", 0 if parent is None else first + parent, "127.0.0.1",
        )  # fmt: skip
        rows.append(f"({', '.join(repr(value) for value in values)}, NOW() - INTERVAL 1 DAY, NOW() - INTERVAL 1 DAY)")
    columns = "comment_ID, comment_post_ID, comment_author, comment_author_email, comment_content, comment_approved, "
    columns += "comment_type, comment_parent, comment_author_IP, comment_date, comment_date_gmt"
    for start in range(0, size, 500):
        some = ", ".join(rows[start : start + 500])
        query(folder, f"INSERT INTO wp_comments ({columns}) VALUES {some}")
    query(folder, f"UPDATE wp_posts SET comment_count = {size} WHERE ID = {essay}; ANALYZE TABLE wp_comments")
    return list(range(first, first + size))


@contextlib.contextmanager
def both() -> Iterator[tuple[Rejoinder, WordPress]]:
    """Run both systems with the same essays."""
    with (
        tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name,
        new_installation(os.environ["DATABASE_URL"], Path(name)) as installation,
        mariadb(Path(name)),
    ):
        ours = Rejoinder(free_port())
        with installation.connected():
            make.site()
            make.rules(hold_first_comment=False)
            ours.essays = {size: corpus.essay(size, depth=5, seed=size) for size in SIZES}
            corpus.gather_statistics()
            ours.parents = {
                size: list(Comment.objects.filter(essay=essay).order_by("pk").values_list("pk", flat=True))
                for size, essay in ours.essays.items()
            }
        server = Server(installation, TRUSTED_PROXIES="127.0.0.1")
        try:
            with web(Path(name), port=ours.port, serve=urlsplit(server.url).port or 0) as wordpress:
                yield ours, wordpress
        finally:
            server.stop()


def time_alone(site: Rejoinder | WordPress, size: int, number: int) -> float:
    """Milliseconds from a request to its redirect, replying evenly across the essay's comments."""
    parents, client = site.parents[size], site.connect()
    client.connect()
    start = time.perf_counter()
    site.post(client, size, parents[number * len(parents) // ROUNDS])
    passed = (time.perf_counter() - start) * 1000
    client.close()
    return passed


def rate(site: Rejoinder | WordPress, size: int) -> float:
    """Comments per second of several writers at once."""
    counts, errors = [0] * WRITERS, []
    deadline = time.perf_counter() + SECONDS

    def write(index: int) -> None:
        client, random = site.connect(), Random(index)
        try:
            while time.perf_counter() < deadline:
                site.post(client, size, random.choice(site.parents[size]))
                counts[index] += 1
        except Exception as error:
            errors.append(error)
        client.close()

    began = time.perf_counter()
    threads = [threading.Thread(target=write, args=(index,)) for index in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return sum(counts) / (time.perf_counter() - began)


def main() -> None:
    if gone := missing():
        print(f"wordpress: not measured, because {', '.join(gone)} is missing. On Debian 13: {INSTALL}")
        return
    with both() as (ours, wordpress):
        for site in (ours, wordpress):
            for size in SIZES:
                for number in range(5):
                    time_alone(site, size, number)  # to warm up
        alone: dict[int, list[tuple[float, float]]] = {
            size: [(time_alone(ours, size, number), time_alone(wordpress, size, number)) for number in range(ROUNDS)]
            for size in SIZES
        }
        large = SIZES[-1]
        rates = [(rate(ours, large), rate(wordpress, large)) for _ in range(SLICES)]
    print(f"posting a reply as a new guest, whole request behind nginx, {connection.vendor}; medians")
    print(f"{'':<34}{'Rejoinder':>12}{'WordPress':>12}{'ratio':>8}")
    for size, pairs in alone.items():
        show(f"alone, essay of {size:,}; ms", pairs)
    show(f"{WRITERS} writers, essay of {large:,}; per s", rates)


def show(label: str, pairs: list[tuple[float, float]]) -> None:
    first, second = (median(values) for values in zip(*pairs, strict=True))
    print(f"{label:<34}{first:>12.1f}{second:>12.1f}{first / second:>8.2f}")
