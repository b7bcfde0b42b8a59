"""The demo provider's HTTP server on loopback, with one path prefix per service."""

import contextlib
import errno
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.utils.translation import gettext

from demo.identity_provider import faults, pages
from demo.identity_provider.facebook import Facebook
from demo.identity_provider.faults import EndlessResponse, Outcome, Step, respond_with
from demo.identity_provider.grants import AuthorizationRequest, Grants
from demo.identity_provider.http_messages import ErrorResponse, Request, Response, redirect
from demo.identity_provider.oidc import DemoID
from demo.identity_provider.people import PEOPLE, find_person
from demo.identity_provider.pictures import picture_response
from demo.identity_provider.service import InvalidAuthorization, Service
from demo.identity_provider.wordpress import WordPress
from demo.identity_provider.x import X

SERVICES: tuple[type[Service], ...] = (X, Facebook, WordPress, DemoID)
FORM = "application/x-www-form-urlencoded"
LARGEST_BODY = 64 * 1024
NO_IPV6 = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}  # a machine without IPv6
DISCONNECTED = (ConnectionError, TimeoutError)  # the client disconnected
WRONG_STATE = "not-the-state-that-was-sent"


@dataclass
class Demo:
    """The provider without HTTP. `slow` and `very_slow` are the delays in seconds of the slow errors."""

    base: str
    slow: float = 10.0
    very_slow: float = 30.0

    def __post_init__(self) -> None:
        self.grants = Grants()
        self.is_over = threading.Event()
        self.services = {kind.key: kind(self.base, self.grants) for kind in SERVICES}

    def respond(self, request: Request) -> Outcome:
        """Respond to a request by the service that its path begins with."""
        _, key, *rest = f"/{request.path.lstrip('/')}".split("/", 2)
        service = self.services.get(key)
        if request.path == "/favicon.ico":  # every browser requests it and logs an error if it is missing
            return picture_response(None, 32)
        if not service or not rest:
            return pages.home_page() if request.path == "/" else pages.not_found_page()
        local = Request(request.method, f"/{rest[0]}", request.query, request.form, request.headers)
        try:
            return self.respond_as(service, local)
        except ErrorResponse as error:
            return error.response
        except InvalidAuthorization as error:
            back = service.error_redirect(local, error.problem)
            return redirect(back) if back else pages.error_page(service, error.problem)

    def respond_as(self, service: Service, request: Request) -> Outcome:
        """Respond as one service; `request.path` is without its prefix."""
        path = request.path.rstrip("/")
        if path == service.authorize_path:
            authorization = service.parse_authorization(request)
            return (
                self.redirect_with_choice(service, authorization, request)
                if request.method == "POST"
                else pages.authorization_page(service, authorization)
            )
        if path == service.token_path:
            return self.token_response(service, request)
        if path == service.profile_path and request.method == "GET":
            grant, payload = service.profile(request)
            return respond_with(grant.fault, Step.ME, payload)
        return service.extra_response(request) or self.profile_page(service, request) or pages.not_found_page()

    def token_response(self, service: Service, request: Request) -> Outcome:
        """Respond to a request for a token, late or with the chosen error."""
        if request.method not in service.token_methods:
            return Response(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(service.token_methods)})
        grant, payload = service.exchange(request)
        if grant.fault == faults.VERY_SLOW:
            self.is_over.wait(self.very_slow)
        return respond_with(grant.fault, Step.TOKEN, payload)

    def redirect_with_choice(self, service: Service, authorization: AuthorizationRequest, request: Request) -> Response:
        """Redirect to the site with the result of the chosen person or error."""
        if "deny" in request.form:
            return redirect(service.denial_url(authorization))
        chosen = find_person(request.form.get("person", PEOPLE[0].handle))
        fault = request.form.get("fault", "")
        if not chosen or (fault and fault not in faults.BY_NAME):
            return pages.not_found_page()
        if fault == faults.ERROR:
            return redirect(service.callback_url(authorization, error="server_error"))
        code = self.grants.issue_code(authorization, chosen, fault)
        state = authorization.state
        match fault:
            case faults.SLOW:
                self.is_over.wait(self.slow)
            case faults.WRONG_STATE:
                state = WRONG_STATE
            case faults.NO_STATE:
                state = ""
            case faults.REPLAYED:
                self.grants.redeem(service.key, code)
        return redirect(service.callback_url(authorization, code=code, state=state))

    def profile_page(self, service: Service, request: Request) -> Response | None:
        """Return the page that a profile's URL leads to; the path ends with a handle."""
        name = request.path.rstrip("/").rpartition("/")[2]
        found = next((one for one in PEOPLE if name in {one.handle, one.username, service.user_id(one)}), None)
        if not found:
            return None
        text = gettext("%(name)s is a demo account. On %(service)s, this would be its profile.")
        return pages.message_page(found.name, text % {"name": f"@{found.handle}", "service": service.name})


class Handler(BaseHTTPRequestHandler):
    server: "Server"
    timeout = 60
    server_version = "DemoProvider"
    sys_version = ""

    def do_GET(self) -> None:
        with contextlib.suppress(*DISCONNECTED):
            self.respond()

    do_POST = do_GET

    def respond(self) -> None:
        """Read the request, limited in size, and send the response."""
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            self.send(Response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
            return
        outcome = self.server.demo.respond(self.read_request(int(length)))
        if isinstance(outcome, EndlessResponse):
            self.stream(outcome)
        else:
            self.send(outcome)

    def read_request(self, length: int) -> Request:
        """Read the request with a body of this length."""
        parts = urlsplit(self.path)
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        form = parse_fields(body) if self.headers.get_content_type() == FORM else {}
        return Request(self.command, parts.path, parse_fields(parts.query), form, headers)

    def send(self, answer: Response) -> None:
        """Send a response with headers that keep it from caches and from running scripts."""
        self.send_response(answer.status)
        headers = {
            "Content-Type": answer.kind,
            "Content-Length": str(len(answer.body)),
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }
        for name, value in (headers | dict(answer.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def stream(self, endless: EndlessResponse) -> None:
        """Send an endless response piece by piece."""
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", faults.JSON)
        if endless.length:
            self.send_header("Content-Length", str(endless.length))
        self.end_headers()
        for piece in endless.pieces(self.server.demo.is_over):
            self.wfile.write(piece)
            self.wfile.flush()

    def log_message(self, *args: Any) -> None:
        """Log nothing."""


def parse_fields(text: str | bytes) -> dict[str, str]:
    """Parse a query or form; of several values of a name the last one counts."""
    decoded = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    try:
        return dict(parse_qsl(decoded, keep_blank_values=True, max_num_fields=100))
    except ValueError:
        return {}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    demo: Demo

    def server_bind(self) -> None:
        """Bind the socket without HTTPServer's own method, which looks up our host name."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        super(ThreadingHTTPServer, self).server_bind()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect."""
        if not isinstance(sys.exception(), DISCONNECTED):
            super().handle_error(request, client_address)


class Server6(Server):
    address_family = socket.AF_INET6


def create_servers(port: int) -> list[Server]:
    """Listen on 127.0.0.1 and, if there is IPv6, on ::1: browsers may try either for localhost. Raises OSError."""
    servers = [Server(("127.0.0.1", port), Handler)]
    try:
        servers.append(Server6(("::1", servers[0].server_address[1]), Handler))
    except OSError as error:
        if error.errno not in NO_IPV6:
            servers[0].server_close()
            raise
    return servers


@contextlib.contextmanager
def serve(port: int = 0, *, slow: float = 10.0, very_slow: float = 30.0) -> Iterator[Demo]:
    """Serve at `demo.base` until the block ends. Raises OSError if the port is in use."""
    servers = create_servers(port)
    demo = Demo(f"http://localhost:{servers[0].server_address[1]}", slow, very_slow)
    try:
        for server in servers:
            server.demo = demo
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield demo
    finally:
        demo.is_over.set()
        for server in servers:
            server.shutdown()
            server.server_close()
