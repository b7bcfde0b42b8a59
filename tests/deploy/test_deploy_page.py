"""docs/deploy.md, followed to the letter in a Debian that has nothing yet: at the end readers reply over https."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.debian import STAND_INS, DebianRoot

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("debootstrap", "unshare", "nsenter", "ip")
PASSWORD = "a long password of the owner's"
ONLINE = 3  # the first commands, which fetch packages
ESSAY = """<?xml version="1.0"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>Old</title><link>https://old.example</link>
<wp:wxr_version>1.2</wp:wxr_version><item><title>On Deploying</title><dc:creator>owner</dc:creator>
<content:encoded><![CDATA[<p>First of all.</p>]]></content:encoded><wp:post_id>1</wp:post_id>
<wp:post_date>2026-11-30 12:00:00</wp:post_date><wp:post_date_gmt>2026-11-30 12:00:00</wp:post_date_gmt>
<wp:comment_status>open</wp:comment_status><wp:post_name>on-deploying</wp:post_name><wp:status>publish</wp:status>
<wp:post_type>post</wp:post_type></item></channel></rss>
"""

pytestmark = [
    pytest.mark.once,
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0 or not all(map(shutil.which, TOOLS)), reason="needs root and debootstrap"),
]


def page_commands() -> list[str]:
    """Return the code blocks of the ten commands."""
    section = (ROOT / "docs/deploy.md").read_text().split("## Ten commands")[1].split("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


@pytest.fixture
def debian(tmp_path: Path) -> Iterator[DebianRoot]:
    root = DebianRoot(tmp_path / "debian")
    try:
        address = re.search(r"git clone (\S+)", "\n".join(page_commands()))
        assert address
        subprocess.run(["git", "clone", "--quiet", "--bare", ROOT, root.folder / "rejoinder.git"], check=True)
        root.write("etc/gitconfig", f'[url "/rejoinder.git"]\n\tinsteadOf = {address[1]}\n[safe]\n\tdirectory = *\n')
        root.write("srv/essay.xml", ESSAY)
        root.write("usr/local/bin/visit", (STAND_INS / "visit").read_text())
        yield root
    finally:
        root.remove()


def test_the_ten_commands_lead_from_a_bare_debian_to_a_site_on_https(debian: DebianRoot) -> None:
    commands = page_commands()
    assert len(commands) == 10
    for command in commands[:ONLINE]:
        debian.run(command)
    debian.write("etc/hosts", "127.0.0.1 localhost example.org\n", 0o644)
    debian.start()
    for command in commands[ONLINE:]:
        if "createsuperuser" in command:
            answers = {"Username:": "owner", "Email address:": "owner@example.org", "Password:": PASSWORD}
            assert "Superuser created" in debian.type(command, {**answers, "Password (again):": PASSWORD})
        else:
            debian.run(command)
    debian.run("bin/manage import wordpress /srv/essay.xml")
    visit = f'visit https://example.org/ /2026/11/30/on-deploying/ "{PASSWORD}"'
    assert "approved" in debian.run(visit)
    status = debian.run("systemctl status rejoinder")
    assert "active (running)" in status
    assert "Rejoinder is running at https://example.org" in status

    debian.run(
        "systemctl reload rejoinder && until journalctl -u rejoinder | grep -q 'are serving'; do sleep 0.1; done"
    )
    before = "import urllib.request as r, ssl; c = ssl._create_unverified_context(); "
    debian.run(f"python3 -c \"{before}r.urlopen('https://example.org/readyz', context=c)\"")
    main_process = debian.run("systemctl show --property=MainPID rejoinder")
    debian.run("systemctl restart rejoinder")
    assert debian.run("systemctl show --property=MainPID rejoinder") != main_process
    debian.run(f"python3 -c \"{before}r.urlopen('https://example.org/readyz', context=c)\"")
    debian.run("bin/manage doctor || [ $? = 1 ]")
