"""bin/setup in copies of the tree, on all kinds of machines: old Python, none, no ensurepip, half-done, moved."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import tomllib
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pip
import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ("cat", "cksum", "dirname", "env", "grep", "id", "ln", "mkdir", "readlink", "rm", "sh", "sleep")
REAL = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
COPY = shutil.which("cp")
PIP = Path(pip.__file__).parent
UV = Path(sys.executable).with_name("uv")


@dataclass
class Machine:
    """A copy of the tree, and a PATH with only the tools of a minimal system and what a test adds."""

    folder: Path
    tree: Path = field(init=False)
    programs: Path = field(init=False)

    def __post_init__(self) -> None:
        self.tree = self.folder / "a place with spaces"
        self.programs = self.folder / "programs"
        self.programs.mkdir()
        for tool in TOOLS:
            path = shutil.which(tool)
            assert path, tool
            (self.programs / tool).symlink_to(path)
        (self.tree / "bin").mkdir(parents=True)
        shutil.copy(ROOT / "bin/setup", self.tree / "bin")
        (self.tree / "requirements").mkdir()
        self.pin("1.0")

    def pin(self, version: str, *, digest: str = "") -> None:
        """Replace all pins by one package of our own, and those of each extra by another."""
        pinned, extra = self.wheel("pinned", version, digest), self.wheel("extra", version, digest)
        (self.tree / "requirements/run.txt").write_text(pinned)
        other = self.wheel("other", version, digest)
        (self.tree / "requirements/s3.txt").write_text(extra)
        (self.tree / "requirements/sentry.txt").write_text(other)
        (self.tree / "requirements/dev.txt").write_text(pinned + extra + other)

    def wheel(self, name: str, version: str, digest: str) -> str:
        """Build a wheel that contains one module, and return the line that pins it."""
        wheel = self.folder / f"{name}-{version}-py3-none-any.whl"
        dist_info = f"{name}-{version}.dist-info"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(f"{name}.py", f"version = {version!r}\n")
            archive.writestr(f"{dist_info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            archive.writestr(f"{dist_info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{dist_info}/RECORD", f"{name}.py,,\n")
        digest = digest or hashlib.sha256(wheel.read_bytes()).hexdigest()
        return f"{name} @ {wheel.as_uri()} --hash=sha256:{digest}\n"

    def add(self, name: str, script: str) -> None:
        program = self.programs / name
        program.unlink(missing_ok=True)  # never write through a link to the machine's own
        program.write_text("#!/bin/sh\n" + textwrap.dedent(script))
        program.chmod(0o755)

    def add_python(self, name: str = "python3") -> None:
        self.add(name, f'exec "{REAL}" "$@"')

    def add_old_python(self, name: str = "python3") -> None:
        self.add(name, '[ "$1" = --version ] && echo Python 3.9.2 && exit\nexit 1')

    def add_bare_python(self, name: str = "python3") -> None:
        """As Debian ships it: without ensurepip and pip."""
        self.add(
            name,
            f"""
            case "$*" in
            *_base_executable*) echo "$0" ;;
            "-m venv .venv") "{REAL}" -m venv --without-pip .venv && echo "ensurepip is not available" && exit 1 ;;
            "-m pip "*) echo "No module named pip" >&2 && exit 1 ;;
            *) exec "{REAL}" "$@" ;;
            esac
            """,
        )

    def repair(self) -> Path:
        """As with Debian's package installed; pip is linked, since ensurepip takes seconds to unpack it."""
        program = self.folder / "mended"
        program.write_text(
            textwrap.dedent(
                f"""\
                #!/bin/sh
                case "$*" in
                "-m venv .venv") "{REAL}" -m venv --without-pip .venv && exec "{COPY}" -r "{PIP}" .venv/lib/python*/site-packages/ ;;
                *) exec "{REAL}" "$@" ;;
                esac
                """
            )
        )
        return program

    def add_uv(self) -> None:
        (self.programs / "uv").symlink_to(UV)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [self.tree / "bin/setup", *arguments],
            env={**os.environ, "PATH": str(self.programs)},
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def setup(self, *arguments: str) -> str:
        """Run it and check that it succeeds; return its output."""
        running = self.start(*arguments)
        output, _ = running.communicate()
        assert running.returncode == 0, output
        return output

    def refused(self) -> str:
        """Run it and check that it fails; return its output."""
        running = self.start()
        output, _ = running.communicate()
        assert running.returncode == 1, output
        return output

    def installed(self, name: str = "pinned") -> str:
        """Return the version of the installed package, or an empty string."""
        python = self.tree / ".venv/bin/python"
        show = f"import {name}; print({name}.version)"
        # Without bytecode, because that of a module of the same size and second would be used for the newer one.
        done = subprocess.run([python, "-B", "-c", show], text=True, capture_output=True)
        return done.stdout.strip()


@pytest.fixture
def bare(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def machine(bare: Machine) -> Machine:
    bare.add_python()
    bare.add_uv()
    return bare


def test_python_alone_is_enough(bare: Machine) -> None:
    bare.add_python()
    bare.setup()
    assert bare.installed() == "1.0"


def test_uv_is_used_if_it_is_installed(machine: Machine) -> None:
    machine.setup()
    assert machine.installed() == "1.0"
    assert "uv" in (machine.tree / ".venv/pyvenv.cfg").read_text()


def test_a_second_run_does_nothing(machine: Machine) -> None:
    machine.setup("dev")
    for name in ("uv", "python3"):
        (machine.programs / name).unlink()  # it would fail if it did anything
    before = time.monotonic()
    assert machine.setup("dev") == ""
    assert machine.setup("run") == "", "the development pins hold the run-time ones"
    assert time.monotonic() - before < 2


def test_run_time_pins_are_not_enough_for_development(machine: Machine) -> None:
    machine.setup("run")
    assert machine.setup("dev") != ""


def test_an_old_python_is_skipped_for_a_newer_one(bare: Machine) -> None:
    bare.add_uv()
    bare.add_old_python("python3")
    bare.add_old_python("python3.14")  # the shim of a version manager may exist and not work
    bare.add_python("python3.11")
    bare.setup()
    assert bare.installed() == "1.0"


def test_an_optimized_python_is_preferred(bare: Machine) -> None:
    bare.add_uv()
    condition = "*'not (is_optimized'*"
    bare.add("python3", f'case "$*" in {condition}) exit 1 ;; *) exec "{REAL}" "$@" ;; esac')
    bare.add("python3.12", f'case "$*" in {condition}) echo "$0" ;; *) exec "{REAL}" "$@" ;; esac')
    assert f"with {bare.programs}/python3.12" in bare.setup()
    (bare.programs / "python3.12").unlink()
    shutil.rmtree(bare.tree / ".venv")
    assert f"with {REAL}" in bare.setup()


def test_a_missing_python_is_explained(bare: Machine) -> None:
    bare.add_old_python()
    output = bare.refused()
    assert "Python 3.11 or newer" in output
    assert "found Python 3.9.2" in output
    assert "apt-get install python3" in output
    (bare.programs / "python3").unlink()
    assert "no python3 on the PATH" in bare.refused()
    assert not (bare.tree / ".venv.lock").exists()


def test_without_ensurepip_another_pip_fills_the_environment(bare: Machine) -> None:
    bare.add_bare_python()
    bare.add("python3.12", f'exec "{sys.executable}" "$@"')
    bare.setup()
    assert bare.installed() == "1.0"


def test_without_any_pip_uv_is_enough(bare: Machine) -> None:
    bare.add_bare_python()
    bare.add_uv()
    bare.setup()
    assert bare.installed() == "1.0"


def test_without_any_pip_it_says_what_to_install(bare: Machine) -> None:
    bare.add_bare_python()
    output = bare.refused()
    assert re.search(r"as root: apt-get install python3\.\d+-venv\b", output)


def test_root_gets_the_missing_package_from_debian(bare: Machine) -> None:
    bare.add_bare_python()
    bare.add("id", "echo 0")
    repair_script = f'"{COPY}" "{bare.repair()}" "{bare.programs}/python3"'
    bare.add("apt-get", f'echo "$@" >>"{bare.folder}/asked"\ncase "$1" in install) {repair_script} ;; esac')
    bare.setup()
    assert bare.installed() == "1.0"
    calls = (bare.folder / "asked").read_text().splitlines()
    assert calls[0].startswith("update")
    assert re.search(r"install .*python3\.\d+-venv", calls[1])


def test_new_pins_are_installed(machine: Machine) -> None:
    machine.setup()
    machine.pin("2.0")
    machine.setup()
    assert machine.installed() == "2.0"


def test_a_wrong_hash_is_rejected_and_the_next_run_repairs(machine: Machine) -> None:
    machine.pin("1.0", digest="0" * 64)
    assert "could not be installed" in machine.refused()
    machine.pin("1.0")
    machine.setup()
    assert machine.installed() == "1.0"


def test_an_interrupted_run_is_repeated(machine: Machine) -> None:
    machine.setup()
    script = f'case "$1" in pip) echo begun; exec sleep 60 ;; esac\nexec "{UV}" "$@"'
    (machine.programs / "uv").unlink()
    machine.add("uv", script)
    machine.pin("2.0")
    running = machine.start()
    assert running.stdout
    while "begun" not in running.stdout.readline():
        assert running.poll() is None
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate()
    (machine.tree / ".venv/lib").rename(machine.tree / "half")  # as if the installation had only begun
    (machine.programs / "uv").unlink()
    machine.add_uv()
    machine.setup()
    assert machine.installed() == "2.0"


def test_an_environment_whose_interpreter_is_gone_is_recreated(machine: Machine) -> None:
    machine.setup()
    python = machine.tree / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/nowhere/python3.11")
    machine.setup()
    assert machine.installed() == "1.0"


def test_an_environment_moved_with_its_folder_is_recreated(machine: Machine) -> None:
    machine.setup()
    machine.tree = machine.tree.rename(machine.folder / "elsewhere")
    assert machine.setup() != ""
    assert machine.installed() == "1.0"
    assert "elsewhere" in (machine.tree / ".venv/stamp").read_text()


def test_two_runs_at_the_same_time_build_one_environment(machine: Machine) -> None:
    both = [machine.start(), machine.start()]
    output = [running.communicate()[0] for running in both]
    assert [running.returncode for running in both] == [0, 0], output
    assert sorted(map(bool, output)) == [False, True], output
    assert machine.installed() == "1.0"


@pytest.mark.parametrize("installer", ["uv", pytest.param("pip", marks=pytest.mark.long)])
def test_an_extra_is_installed_on_request_and_kept_by_updates(bare: Machine, installer: str) -> None:
    bare.add_python()
    if installer == "uv":
        bare.add_uv()
    bare.setup()
    assert (bare.installed(), bare.installed("extra")) == ("1.0", "")
    bare.setup("--with", "s3", "--with", "postgres")
    assert (bare.installed(), bare.installed("extra"), bare.installed("other")) == ("1.0", "1.0", "")
    bare.setup("--with", "sentry")
    assert bare.installed("other") == "1.0"
    assert bare.setup() == bare.setup("--with", "s3") == bare.setup("--with", "redis") == ""
    bare.pin("2.0")
    bare.setup()
    assert (bare.installed(), bare.installed("extra"), bare.installed("other")) == ("2.0", "2.0", "2.0")


def test_an_extra_is_kept_when_the_environment_is_made_again(machine: Machine) -> None:
    machine.setup("--with", "s3")
    machine.tree = machine.tree.rename(machine.folder / "elsewhere")
    machine.setup()
    assert machine.installed("extra") == "1.0"


def test_development_has_every_extra(machine: Machine) -> None:
    machine.setup("dev")
    assert machine.installed("extra") == "1.0"
    assert machine.setup("--with", "s3") == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("--with",), ("--with", "s4"), ("--with", ""), ("--without", "s3"), ("all",),
        ("--python",), ("--python", ""), ("--python", "12"), ("--python", "3.12.1"), ("--python", "3.x"),
    ],
)  # fmt: skip
def test_an_unknown_argument_shows_the_usage(machine: Machine, arguments: tuple[str, ...]) -> None:
    running = machine.start(*arguments)
    output, _ = running.communicate()
    assert (running.returncode, output) == (
        2,
        "Usage: bin/setup [run|dev] [--with s3|sentry|postgres|redis]... [--python 3.N]\n",
    )
    assert not (machine.tree / ".venv").exists()


def test_a_chosen_interpreter_gets_its_own_environment(machine: Machine) -> None:
    version = f"3.{sys.version_info.minor}"
    machine.setup("dev", "--python", version)
    assert not (machine.tree / ".venv").exists()
    assert (machine.tree / f".venv-{version}/stamp").exists()
    assert machine.setup("dev", "--python", version) == ""


def test_a_missing_interpreter_is_named(machine: Machine) -> None:
    running = machine.start("dev", "--python", "3.99")
    output, _ = running.communicate()
    assert running.returncode == 1
    assert "Python 3.99 was not found on the PATH" in output
    assert not list(machine.tree.glob(".venv*"))


def pins(kind: str) -> dict[str, str]:
    lines = (ROOT / f"requirements/{kind}.txt").read_text()
    return dict(re.findall(r"^([\w.-]+)==(.+?) \\$", lines, re.MULTILINE))


def test_development_has_the_same_pins_as_production() -> None:
    assert pins("run").items() | pins("s3").items() | pins("sentry").items() <= pins("dev").items()
    assert len(pins("run")) > 30
    assert "django-storages" in pins("s3")


@pytest.mark.parametrize("kind", ["run", "s3", "sentry", "dev"])
def test_every_pin_has_hashes_and_no_host_is_named(kind: str) -> None:
    text = (ROOT / f"requirements/{kind}.txt").read_text()
    assert "://" not in text
    for pin in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in pin, pin


def test_the_project_is_declared_an_application_and_not_a_package() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert declared["tool"]["uv"]["package"] is False
    assert declared["tool"]["setuptools"]["packages"] == [], "setuptools would look for packages, and refuse to choose"
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")):
        assert "pip install ." not in page.read_text(), page
