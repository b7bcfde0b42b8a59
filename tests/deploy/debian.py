"""A Debian in a folder, made by debootstrap, with namespaces of its own: its services meet none of this machine's."""

import os
import pty
import select
import shutil
import subprocess
import time
from pathlib import Path

from tests.services.processes import wait_until

STAND_INS = Path(__file__).with_name("stand_ins")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
# Each shell goes on where the last one ended, as if all commands were typed into one.
SHELL = """set -a
[ ! -e /run/state ] || . /run/state
cd "$(cat /run/place 2>/dev/null || echo /root)"
set -e
{command}
set +e
export -p >/run/state
pwd >/run/place
"""


class DebianRoot:
    """Until `go_offline` it uses this machine's network, because packages come from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.holder: subprocess.Popen[bytes] | None = None
        self.machine: list[str] = []
        include = "--include=ca-certificates,procps"
        subprocess.run(
            ["unshare", "--mount", "debootstrap", "--variant=minbase", include, "trixie", str(folder), archive()],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        self.adapt()

    def adapt(self) -> None:
        """Let it install from where this machine does, and start nothing by itself; put the stand-ins in place."""
        for name in ("etc/resolv.conf", "etc/hosts", "etc/pip.conf", "root/.config/pip/pip.conf"):
            if Path("/", name).exists():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(Path("/", name), self.folder / name)
        for file in Path("/etc/apt/apt.conf.d").iterdir():
            if "Acquire::" in file.read_text():
                shutil.copy(file, self.folder / "etc/apt/apt.conf.d")
        shutil.copy(BUNDLE, self.folder / "root/machine.crt")
        self.write("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n")
        for stand_in in ("systemctl", "certbot"):
            self.write(f"usr/local/bin/{stand_in}", (STAND_INS / stand_in).read_text())

    def write(self, name: str, text: str, mode: int = 0o755) -> None:
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(mode)

    def command(self, command: str) -> list[str]:
        """Return how to run a command of a shell in it."""
        environment = {"HOME": "/root", "PATH": PATH, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        environment |= {"PIP_CERT": "/root/machine.crt"} if "PIP_CERT" in os.environ else {}
        variables = [f"{name}={value}" for name, value in environment.items()]
        inside = ["chroot", str(self.folder), "env", "-i", *variables, "sh", "-c", SHELL.format(command=command)]
        if self.machine:
            return [*self.machine, *inside]
        mounts = f'mount -t proc proc "{self.folder}/proc" && mount --rbind /dev "{self.folder}/dev" && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", mounts, "sh", *inside]

    def run(self, command: str) -> str:
        """Run a command and return its output; raise an error with it if the command fails."""
        done = subprocess.run(
            self.command(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}"
        return done.stdout

    def type(self, command: str, answers: dict[str, str]) -> str:
        """Run a command at a terminal, and answer its questions, each by the end of its text."""
        terminal, end = pty.openpty()
        arguments = ["setsid", "--ctty", "--wait", *self.command(command)]
        process = subprocess.Popen(arguments, stdin=end, stdout=end, stderr=end)
        os.close(end)
        output, answered, until = "", 0, time.monotonic() + 120
        while time.monotonic() < until:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                output += os.read(terminal, 4096).decode(errors="replace")
            except OSError:  # the command has ended
                break
            for question, answer in answers.items():
                if output[answered:].rstrip().endswith(question):
                    answered = len(output)
                    os.write(terminal, f"{answer}\n".encode())
        os.close(terminal)
        assert process.wait() == 0, f"{command}\n{output[-4000:]}"
        return output

    def go_offline(self) -> None:
        """Leave this machine's network for one of its own, in which each port is free."""
        prepare = (
            f'mount -t proc proc "{self.folder}/proc" && mount --rbind /dev "{self.folder}/dev" && '
            "ip link set lo up && exec sleep infinity"
        )
        unshare = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", prepare]
        self.holder = subprocess.Popen(unshare)
        children = Path(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children")
        wait_until(lambda: bool(children.read_text().split()), "the first process of the namespaces")
        first = children.read_text().split()[0]
        wait_until(lambda: Path(f"/proc/{first}/comm").read_text() == "sleep\n", "the namespaces")
        self.machine = ["nsenter", "--target", first, "--mount", "--net", "--pid"]

    def remove(self) -> None:
        """End everything that runs in it, and delete it."""
        if self.holder is not None:
            self.holder.kill()
            self.holder.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def archive() -> str:
    """Return the address that this machine installs Debian's packages from."""
    sources = [*Path("/etc/apt/sources.list.d").glob("*.sources"), *Path("/etc/apt").glob("sources.list")]
    words = " ".join(file.read_text() for file in sources).split()
    return next(word for word in words if word.rstrip("/").endswith("/debian"))
