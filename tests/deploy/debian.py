"""A Debian in a folder, made by debootstrap and started with its own systemd, in namespaces of its own.

Its services meet none of this machine's.
"""

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
[ ! -e /root/.state ] || . /root/.state
cd "$(cat /root/.place 2>/dev/null || echo /root)"
set -e
{command}
set +e
export -p >/root/.state
pwd >/root/.place
"""
# The first process of the namespaces: the folder becomes its root, and systemd takes its place.
START = """set -e
mount --bind "$0" "$0"
cd "$0"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount --rbind /dev dev
ip link set lo up
pivot_root . mnt
umount -l mnt
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /usr/lib/systemd/systemd --show-status=no
"""


class DebianRoot:
    """Until `start` it uses this machine's network, because packages come from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self.machine: list[str] = []
        include = "--include=ca-certificates,procps,systemd-sysv"
        subprocess.run(
            ["unshare", "--mount", "debootstrap", "--variant=minbase", include, "trixie", str(folder), archive()],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        self.adapt()

    def adapt(self) -> None:
        """Let it install from where this machine does, and start nothing before systemd; put the stand-in in place."""
        for name in ("etc/resolv.conf", "etc/hosts", "etc/pip.conf", "root/.config/pip/pip.conf"):
            if Path("/", name).exists():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(Path("/", name), self.folder / name)
        for file in Path("/etc/apt/apt.conf.d").iterdir():
            if "Acquire::" in file.read_text():
                shutil.copy(file, self.folder / "etc/apt/apt.conf.d")
        shutil.copy(BUNDLE, self.folder / "root/machine.crt")
        self.write("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n")
        self.write("usr/local/bin/certbot", (STAND_INS / "certbot").read_text())

    def write(self, name: str, text: str, mode: int = 0o755) -> None:
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(mode)

    def command(self, command: str) -> list[str]:
        """Return how to run a command of a shell in it."""
        environment = {"HOME": "/root", "PATH": PATH, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        environment |= {"PIP_CERT": "/root/machine.crt"} if "PIP_CERT" in os.environ else {}
        variables = [f"{name}={value}" for name, value in environment.items()]
        inside = ["env", "-i", *variables, "sh", "-c", SHELL.format(command=command)]
        if self.machine:
            return [*self.machine, *inside]
        inside = ["chroot", str(self.folder), *inside]
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

    def start(self) -> None:
        """Start systemd, with a network of its own, in which each port is free; wait until it has started all."""
        group = cgroup()
        group.mkdir()
        enter = f'echo $$ >"{group}/cgroup.procs" && exec "$@"'
        namespaces = ["--mount", "--net", "--pid", "--uts", "--ipc", "--cgroup"]
        unshare = ["unshare", *namespaces, "--fork", "--kill-child", "sh", "-c", START, str(self.folder)]
        self.process = subprocess.Popen(["sh", "-c", enter, "sh", *unshare], stdin=subprocess.DEVNULL)
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        wait_until(lambda: bool(children.read_text().split()), "the first process of the namespaces")
        first = children.read_text().split()[0]
        wait_until(lambda: Path(f"/proc/{first}/comm").read_text() == "systemd\n", "systemd")
        self.machine = ["nsenter", "--target", first, *namespaces]
        state = [*self.machine, "systemctl", "is-system-running"]
        ready = {"running", "degraded"}  # without a kernel of its own a few of Debian's services cannot start
        wait_until(
            lambda: subprocess.run(state, capture_output=True, text=True).stdout.strip() in ready, "its services"
        )

    def remove(self) -> None:
        """End everything that runs in it, and delete it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            wait_until(lambda: "populated 0" in (cgroup() / "cgroup.events").read_text(), "the end of its processes")
            for folder in sorted(cgroup().rglob("*/"), reverse=True):
                folder.rmdir()
            cgroup().rmdir()
        shutil.rmtree(self.folder, ignore_errors=True)


def cgroup() -> Path:
    """Return a group of the second version of cgroups for this test; on some machines it is not the only version."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return next(Path(folder) for _, folder, kind, *_ in mounts if kind == "cgroup2") / f"rejoinder-{os.getpid()}"


def archive() -> str:
    """Return the address that this machine installs Debian's packages from."""
    sources = [*Path("/etc/apt/sources.list.d").glob("*.sources"), *Path("/etc/apt").glob("sources.list")]
    words = " ".join(file.read_text() for file in sources).split()
    return next(word for word in words if word.rstrip("/").endswith("/debian"))
