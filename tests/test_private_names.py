"""The private names of dependencies that we use: each is as we rely on it, and used in one module alone.

A failure says what an upgrade would break. Fix that module, or do without the name, before raising the version.
"""

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from tests.test_layers import PACKAGES, ROOT, our_files

USERS = {
    "granian": Path("server/processes/web_server.py"),
    "allauth": Path("accounts/allauth_private.py"),
    "mptt": Path("comments/models/comment.py"),
    "django": Path("server/sqlite/base.py"),
}
# Underscored but documented: of Django's models and storages, of named tuples, of the standard library.
DOCUMENTED = {
    "_meta", "_state", "_base_manager", "_default_manager", "_asdict", "_exit", "_fields", "_make", "_open", "_replace",
    "_save",
}  # fmt: skip


class Private(NamedTuple):
    name: str
    parameters: str  # or empty, if it only has to exist
    breaks: str


MP, COMMON = "granian.server.mp", "granian.server.common"
FLOWS = "allauth.account.internal.flows"
PRIVATE = [
    # granian
    Private(
        "granian._granian.RSGIWorker",
        "(worker_id, sock, ipc, threads, blocking_threads, py_threads, py_threads_idle_timeout, backpressure, "
        "http_mode, http1_opts, http2_opts, websockets_enabled, static_files, ssl_enabled, ssl_cert, ssl_key, "
        "ssl_key_password, ssl_protocol_min, ssl_ca, ssl_crl, ssl_client_verify, metrics)",
        "no server process starts",
    ),
    Private("granian._granian.RSGIWorker.serve_mtr", "(self, /, callback, event_loop, signal)", "no process starts"),
    Private(
        "granian._granian.CallbackScheduler",
        "(event_loop, cb, aio_task, aio_tenter, aio_texit)",
        "no request reaches the application",
    ),
    Private("granian._granian.CallbackScheduler._schedule_fn", "", "no request reaches the application"),
    Private("granian._granian.SocketHolder", "(fd, uds, backlog)", "server processes do not share our socket"),
    Private("granian._granian.WorkerSignal", "()", "server processes do not stop in order"),
    Private("granian._granian.WorkerSignal.add_cb", "(self, /, cb)", "server processes do not stop in order"),
    Private(f"{MP}.WorkerProcess.wrap_target", "(target)", "no server process starts"),
    Private(f"{MP}.MPServer.serve", "(self, spawn_target, target_loader, wrap_loader)", "no server process starts"),
    Private(f"{MP}.MPServer._init_shared_socket", "(self)", "granian opens a socket of its own"),
    Private(
        f"{COMMON}.AbstractServer._spawn_workers",
        "(self, spawn_target, target_loader)",
        "a signal during a fork is lost",
    ),
    Private(
        f"{COMMON}.AbstractServer._respawn_workers",
        "(self, workers, spawn_target, target_loader, delay)",
        "the site ends when a process dies twice in five seconds",
    ),
    Private(f"{COMMON}.AbstractServer.shutdown", "(self, exit_code)", "the job worker stops after the web processes"),
    Private(f"{COMMON}.AbstractServer.signal_handler_interrupt", "(self, *args, **kwargs)", "serve ignores SIGTERM"),
    Private(
        f"{COMMON}.AbstractServer.signal_handler_reload",
        "(self, *args, **kwargs)",
        "a closed terminal restarts the processes that serve",
    ),
    # allauth
    Private(f"{FLOWS}.login.perform_login", "(request, login)", "links from emails log nobody in"),
    Private(
        f"{FLOWS}.login.record_authentication",
        "(request, user, method, **extra_data)",
        "a login by a link from an email asks for a password at once",
    ),
    Private(
        f"{FLOWS}.login_by_code.LoginCodeVerificationProcess.initiate",
        "(*, request, user, email, phone, stage)",
        "no code is asked for while strangers guess a password",
    ),
    Private(f"{FLOWS}.logout.logout", "(request, *, show_message)", "logging out from an essay's page"),
    Private(f"{FLOWS}.reauthentication.is_reauthentication_required", "(request, *, app)", "connecting an account"),
    Private(f"{FLOWS}.reauthentication.stash_and_reauthenticate", "(request, state, callback)", "the same"),
    Private(
        f"{FLOWS}.reauthentication.raise_if_reauthentication_required", "(request, *, app)", "disconnecting an account"
    ),
    Private(
        "allauth.account.internal.userkit.filter_users_by_email",
        "(email, *, is_active, prefer_verified, for_login)",
        "logging in by email address",
    ),
    Private("allauth.account.internal.userkit.get_user_by_username", "(username)", "logging in by username"),
    Private(
        "allauth.core.internal.cryptokit.generate_user_code",
        "(*, length, numeric, allowed_chars, dashed)",
        "longer codes while strangers guess at them",
    ),
    Private("allauth.core.internal.cryptokit.normalize_user_code", "(code)", "every emailed code"),
    Private(
        "allauth.mfa.base.internal.flows.post_authentication",
        "(request, authenticator, reauthenticated, passwordless)",
        "setting up two-factor authentication",
    ),
    Private(
        "allauth.mfa.recovery_codes.internal.flows.auto_generate_recovery_codes",
        "(request)",
        "recovery codes after the first passkey",
    ),
    Private(
        "allauth.mfa.webauthn.internal.flows.signup_authenticator",
        "(request, user, name, credential)",
        "adding a passkey",
    ),
    Private(
        "allauth.socialaccount.adapter._build_apps_from_settings", "(*, provider, client_id)", "logging in by providers"
    ),
    Private("allauth.socialaccount.internal.statekit.get_states", "(request)", "the way back from a failed login"),
    Private(
        "allauth.account.auth_backends.AuthenticationBackend._authenticate",
        "(self, request, **credentials)",
        "the time a login takes shows which accounts exist",
    ),
    Private(
        "allauth.account.auth_backends.AuthenticationBackend._check_password",
        "(self, user, password)",
        "logging in by password",
    ),
    Private("allauth.mfa.adapter.DefaultMFAAdapter._get_site_name", "(self)", "the site's name in authenticator apps"),
    Private(
        "allauth.mfa.stages.AuthenticateStage._should_handle",
        "(self, request)",
        "readers with a passkey need it for every login",
    ),
    Private("allauth.account.views.ConfirmLoginCodeView._action", "", "sending a login code again"),
    Private(
        "allauth.account.views.ConfirmLoginCodeView._verify_form_valid",
        "(self, form)",
        "a login code leads to an account whose address is not verified",
    ),
    # mptt
    Private("mptt.managers.TreeManager._get_next_tree_id", "(self)", "two threads begun at once share a tree_id"),
    Private("mptt.managers.TreeManager._create_space", "(self, size, target, tree_id)", "replies take longer"),
    # Django
    Private(
        "django.db.backends.sqlite3.base.DatabaseWrapper._start_transaction_under_autocommit",
        "(self)",
        "writers no longer wait in order for SQLite's lock",
    ),
    Private("django.db.backends.base.base.BaseDatabaseWrapper._close", "(self)", "SQLite connections are not pooled"),
]
# Attributes and calls inside a dependency's function that our code relies on.
INSIDE = [
    (f"{COMMON}.AbstractServer.startup", {"_init_shared_socket", "_spawn_workers"}),
    (f"{MP}.MPServer._spawn_worker", {"_shd", "_sso"}),
    (f"{MP}.MPServer._drop_shared_socket", {"_sso", "close"}),
    (
        f"{COMMON}.AbstractServer._serve_loop",
        {
            "_respawn_workers", "interrupt_children", "interrupt_signal", "main_loop_interrupt", "respawned_wrks",
        },
    ),
    (f"{COMMON}.AbstractServer._respawn_workers", {"wrks"}),
    ("allauth.account.auth_backends.AuthenticationBackend.authenticate", {"_authenticate", "_did_check_password"}),
    ("allauth.mfa.adapter.DefaultMFAAdapter.get_totp_issuer", {"_get_site_name"}),
    ("allauth.mfa.adapter.DefaultMFAAdapter.get_public_key_credential_rp_entity", {"_get_site_name"}),
    ("allauth.mfa.stages.AuthenticateStage.handle", {"_should_handle"}),
    ("allauth.account.views.ConfirmLoginCodeView.form_valid", {"_action", "_verify_form_valid"}),
    ("allauth.account.views.ConfirmLoginCodeView._verify_form_valid", {"_process", "finish"}),
    ("allauth.account.views.ConfirmPasswordResetCodeView.get_context_data", {"_process", "state"}),
    (f"{FLOWS}.code_verification.AbstractCodeVerificationProcess.__init__", {"_user", "state"}),
    ("mptt.managers.TreeManager.insert_node", {"_get_next_tree_id"}),
    # What server/prepared.py replaces, or gives to these.
    ("django.db.models.query.ModelIterable.__iter__", {"query", "db", "model", "get_compiler", "execute_sql"}),
    ("django.db.models.query.ValuesListIterable.__iter__", {"query", "db", "get_compiler", "results_iter"}),
    ("django.db.models.sql.compiler.SQLCompiler.execute_sql", {"as_sql", "connection"}),
    ("django.db.backends.base.base.BaseDatabaseWrapper.close", {"_close"}),
    ("django.db.backends.base.base.BaseDatabaseWrapper.set_autocommit", {"_start_transaction_under_autocommit"}),
]  # fmt: skip


def resolve(name: str) -> Any:
    """Return the object with this dotted name; raise AttributeError or ImportError."""
    parts = name.split(".")
    for index in range(len(parts) - 1, 0, -1):
        try:
            target: Any = importlib.import_module(".".join(parts[:index]))
        except ModuleNotFoundError:
            continue
        for part in parts[index:]:
            target = inspect.getattr_static(target, part)
        return target.__func__ if isinstance(target, classmethod | staticmethod) else target
    raise ImportError(name)


def parameters(function: Any) -> str:
    """Return a function's parameters without defaults, types and `cls`."""
    signature = inspect.signature(function)
    bare = [
        each.replace(default=inspect.Parameter.empty, annotation=inspect.Parameter.empty)
        for each in signature.parameters.values()
        if each.name != "cls"
    ]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


@pytest.mark.parametrize("private", PRIVATE, ids=[private.name for private in PRIVATE])
def test_a_private_name_is_as_we_rely_on_it(private: Private) -> None:
    module = USERS[private.name.partition(".")[0]]
    try:
        target = resolve(private.name)
    except (AttributeError, ImportError):
        pytest.fail(f"{private.name} is gone. Without it: {private.breaks}. Repair {module}.")
    if private.parameters:
        now = parameters(inspect.unwrap(target))
        assert now == private.parameters, (
            f"{private.name} takes {now} now. What breaks: {private.breaks}: see {module}."
        )


@pytest.mark.parametrize(("name", "used"), INSIDE, ids=[name for name, _used in INSIDE])
def test_a_dependency_still_uses_what_we_override_or_set(name: str, used: set[str]) -> None:
    missing = used - {*inspect.unwrap(resolve(name)).__code__.co_names}
    assert not missing, f"{name} no longer uses {sorted(missing)}: see {USERS[name.partition('.')[0]]}."


def test_all_names_of_allauth_that_we_use_are_listed() -> None:
    from accounts import allauth_private

    listed = {part.lstrip("_") for private in PRIVATE for part in private.name.split(".")}
    assert {*allauth_private.__all__} <= listed


# One module for each dependency


def packages_of(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Return the dotted names that an import binds, each with its package."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and not node.level:
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    else:
        return
    for name in names:
        yield name.partition(".")[0], name


def is_private(name: str) -> bool:
    parts = name.split(".")
    return "internal" in parts or any(part.startswith("_") and not part.startswith("__") for part in parts)


def private_imports(source: str) -> list[tuple[str, str]]:
    """Yield package and name of the private names that a source imports, and of Granian's public ones."""
    every = [each for node in ast.walk(ast.parse(source)) for each in packages_of(node)]
    return [
        (package, name)
        for package, name in every
        if package not in PACKAGES and (package == "granian" or is_private(name))
    ]


def test_private_names_are_imported_in_one_module_for_each_dependency() -> None:
    strays = [
        f"{file} imports {name}"
        for file in our_files()
        for package, name in private_imports((ROOT / file).read_text())
        if file != USERS.get(package)
    ]
    assert strays == []


@pytest.mark.parametrize(
    "source",
    [
        "from granian.log import LogLevels",
        "import granian._signals",
        "def f():\n    from allauth.mfa.webauthn.internal import flows",
        "from allauth.account.internal.flows import login as flow",
        "from django.db.models.query import _private",
        "import asyncio._x",
    ],
)
def test_a_private_import_is_found(source: str) -> None:
    assert private_imports(source)


def our_modules() -> Iterator[tuple[Path, ModuleType]]:
    """Without those that act when they are imported: the server's entry, and the demo, which refuses without DEBUG."""
    for file in our_files():
        if not {"migrations", "demo", "wsgi.py"} & {*file.parts}:
            name = ".".join(file.with_suffix("").parts).removesuffix(".__init__")
            yield file, importlib.import_module(name)


def classes_in(module: ModuleType) -> list[type]:
    return [each for each in vars(module).values() if isinstance(each, type) and each.__module__ == module.__name__]


def overridden_methods(cls: type) -> Iterator[tuple[str, str]]:
    """Yield the private methods of other packages that a class of ours overrides: package and name."""
    for name, value in vars(cls).items():
        method = getattr(value, "__func__", getattr(value, "fget", getattr(value, "func", value)))
        is_ours = inspect.isfunction(method) and method.__module__ == cls.__module__
        if not is_ours or not is_private(name) or name in DOCUMENTED:
            continue
        for base in cls.__mro__[1:]:
            if name in vars(base) and base.__module__.partition(".")[0] not in PACKAGES:
                yield base.__module__.partition(".")[0], name
                break


def test_an_overridden_private_method_is_found() -> None:
    assert all(map(Path.is_file, (ROOT / home for home in USERS.values())))
    found_in = {
        file: {each for cls in classes_in(module) for each in overridden_methods(cls)} for file, module in our_modules()
    }
    assert {("allauth", "_authenticate"), ("allauth", "_should_handle")} < found_in[USERS["allauth"]]
    assert ("granian", "_respawn_workers") in found_in[USERS["granian"]]
    assert found_in[USERS["mptt"]] == {("mptt", "_get_next_tree_id"), ("mptt", "_create_space")}
    assert found_in[USERS["django"]] == {("django", "_close"), ("django", "_start_transaction_under_autocommit")}


def test_private_methods_are_overridden_in_one_module_for_each_dependency() -> None:
    strays = [
        f"{file}: {cls.__name__}.{name} of {package}"
        for file, module in our_modules()
        for cls in classes_in(module)
        for package, name in overridden_methods(cls)
        if file != USERS.get(package)
    ]
    assert strays == []


def defined_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self":
            yield node.attr


def test_private_attributes_are_used_in_one_module_for_each_dependency() -> None:
    """Elsewhere, an underscored attribute is either documented or defined in the same file."""
    trees = {file: ast.parse((ROOT / file).read_text()) for file in {*our_files()} - {*USERS.values()}}
    allowed = {file: DOCUMENTED | {*defined_in(tree)} for file, tree in trees.items()}
    strays = [
        f"{file}:{node.lineno}: {ast.unparse(node)}"
        for file, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in allowed[file]
    ]
    assert strays == []
