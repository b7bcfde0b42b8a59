"""Firefox and WebKit as Debian builds them, driven by WebDriver BiDi and WebDriver."""

import contextlib
import itertools
import json
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from websockets.sync.client import ClientConnection, connect

from tests.services.processes import TIMEOUT, NotReadyError, Process, free_port, is_listening, stopped_at_end

Found = TypeVar("Found")

SIZE = (1280, 1024)
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004"}
# The middle of the first visible element with this text or name, once nothing covers it there.
FIND = """(selector, text) => {
    const found = [...document.querySelectorAll(selector)].find((element) =>
        element.checkVisibility() && (element.ariaLabel || element.textContent).includes(text));
    if (!found) return null;
    found.scrollIntoView({ block: "center", behavior: "instant" });
    const { x, y, width, height } = found.getClientRects()[0];
    const place = [Math.round(x + width / 2), Math.round(y + height / 2)];
    return found.contains(document.elementFromPoint(...place)) ? place : null;
}"""
WATCH = """() => {
    if (window.complaints) return;
    window.complaints = [];
    const report = (complaint) => window.complaints.push(String(complaint));
    addEventListener("error", ({ message, target }) => {  // of images also when a page is left
        if (message || target.matches?.("link, script")) report(message || `not loaded: ${target.outerHTML}`);
    }, true);
    addEventListener("unhandledrejection", (event) => report(event.reason));
    addEventListener("securitypolicyviolation", (event) => report(`blocked by ${event.violatedDirective}`));
    for (const kind of ["error", "warn"]) {
        const write = console[kind];
        console[kind] = (...values) => { report(values.join(" ")); write.apply(console, values); };
    }
}"""


class Browser(ABC):
    """A window of a new profile. Actions wait until their element is there; `errors` lists errors in pages."""

    window: str  # the one in use

    def __init__(self) -> None:
        self.errors: list[str] = []

    @abstractmethod
    def open(self, url: str) -> None: ...

    @abstractmethod
    def run(self, function: str, *arguments: Any) -> Any:
        """Call a JavaScript function in the page and return its result, which JSON can express."""

    @abstractmethod
    def perform(self, source: dict[str, Any]) -> None:
        """Perform the actions of one input device, which both protocols describe in the same words."""

    @abstractmethod
    def windows(self) -> list[str]: ...

    def switch(self, window: str) -> None:
        self.window = window

    def wait_for(self, find: Callable[[], Found], goal: str) -> Found:
        """Call the function until its result is true, and return that."""
        deadline = time.monotonic() + TIMEOUT
        while not (found := find()):
            if time.monotonic() > deadline:
                raise NotReadyError(f"Waited {TIMEOUT:.0f} s for {goal}. Errors: {self.errors}")
            time.sleep(0.05)
        return found

    def see(self, selector: str, text: str = "") -> list[int]:
        """Wait until an element with this text or name is visible and no longer moves; scroll to it."""
        places: list[Any] = [None]

        def is_at_rest() -> bool:
            places.append(self.run(FIND, selector, text))
            return bool(places[-1]) and places[-1] == places[-2]

        self.wait_for(is_at_rest, f"{selector} with “{text}”")
        return list(places[-1])

    def click(self, selector: str, text: str = "") -> None:
        x, y = self.see(selector, text)
        move = {"type": "pointerMove", "x": x, "y": y, "duration": 0}
        presses = [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self.perform({"type": "pointer", "id": "mouse", "actions": [move, *presses]})

    def press(self, *keys: str) -> None:
        presses = [{"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self.perform({"type": "key", "id": "keyboard", "actions": presses})

    def write(self, selector: str, text: str) -> None:
        self.click(selector)
        self.press(*text)

    @contextlib.contextmanager
    def popup(self) -> Iterator[None]:
        """Use the window that the page has just opened, until it closes itself."""
        opener = self.window
        self.switch(self.wait_for(lambda: [each for each in self.windows() if each != opener], "the popup")[0])
        yield
        self.wait_for(lambda: self.windows() == [opener], "the popup to close")
        self.switch(opener)


class Firefox(Browser):
    """Speaks WebDriver BiDi over a WebSocket."""

    def __init__(self, socket: ClientConnection) -> None:
        super().__init__()
        self.socket = socket
        self.numbers = itertools.count(1)
        self.send("session.new", capabilities={})
        self.send("session.subscribe", events=["log.entryAdded"])
        self.window = self.windows()[0]
        self.send(
            "browsingContext.setViewport",
            context=self.window,
            viewport=dict(zip(("width", "height"), SIZE, strict=True)),
        )

    def send(self, method: str, **parameters: Any) -> Any:
        """Send a command and return its result; events that come before are stored."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (message := json.loads(self.socket.recv(TIMEOUT))).get("id") != number:
            entry = message.get("params", {})
            if message.get("method") == "log.entryAdded" and entry["level"] in {"error", "warn"}:
                self.errors.append(f"{entry['level']}: {entry['text']}")
        if message["type"] == "error":
            raise NotReadyError(f"{method}: {message['error']}: {message['message']}")
        return message["result"]

    def open(self, url: str) -> None:
        self.send("browsingContext.navigate", context=self.window, url=url, wait="complete")

    def run(self, function: str, *arguments: Any) -> Any:
        result = self.send(
            "script.callFunction",
            functionDeclaration=f"async (given) => JSON.stringify(await ({function})(...JSON.parse(given)) ?? null)",
            arguments=[{"type": "string", "value": json.dumps(arguments)}],
            target={"context": self.window},
            awaitPromise=True,
        )
        assert result["type"] == "success", result["exceptionDetails"]["text"]
        return json.loads(result["result"]["value"])

    def perform(self, source: dict[str, Any]) -> None:
        self.send("input.performActions", context=self.window, actions=[source])

    def windows(self) -> list[str]:
        return [each["context"] for each in self.send("browsingContext.getTree", maxDepth=0)["contexts"]]


class WebKit(Browser):
    """Speaks WebDriver over HTTP, which reports no console messages: a script in the page collects them."""

    def __init__(self, port: int, program: str) -> None:
        super().__init__()
        self.url = f"http://127.0.0.1:{port}/session"
        options = {"binary": program, "args": ["--automation"]}
        # Without waiting for the page, so that the script is there before the page's own scripts have run.
        capabilities = {"pageLoadStrategy": "none", "webkitgtk:browserOptions": options}
        self.url += "/" + self.send("POST", "", capabilities={"alwaysMatch": capabilities})["sessionId"]
        self.window = self.windows()[0]
        self.send("POST", "/window/rect", **dict(zip(("width", "height"), SIZE, strict=True)))

    def send(self, method: str, path: str, **parameters: Any) -> Any:
        body = json.dumps(parameters).encode() if method == "POST" else None
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            raise NotReadyError(f"{path}: {error.read().decode()}") from None

    def open(self, url: str) -> None:
        self.run("() => { window.isLeft = true }")
        self.send("POST", "/url", url=url)
        self.wait_for(lambda: self.run("() => !window.isLeft && document.readyState === 'complete'"), url)

    def run(self, function: str, *arguments: Any) -> Any:
        script = f"({WATCH})(); return [({function})(...arguments), complaints.splice(0)]"
        result, complaints = self.send("POST", "/execute/sync", script=script, args=arguments)
        self.errors += complaints
        return result

    def perform(self, source: dict[str, Any]) -> None:
        self.send("POST", "/actions", actions=[source])

    def windows(self) -> list[str]:
        return list(self.send("GET", "/window/handles"))

    def switch(self, window: str) -> None:
        super().switch(window)
        self.send("POST", "/window", handle=window)


@contextlib.contextmanager
def firefox(folder: Path) -> Iterator[Browser]:
    port = free_port()
    command = ["firefox-esr", "--headless", "--no-remote", "--profile", str(folder), f"--remote-debugging-port={port}"]
    with stopped_at_end(Process(command, log=folder / "firefox.log")) as process:
        process.wait_until(lambda: is_listening(port), "Firefox")
        with connect(f"ws://127.0.0.1:{port}/session", max_size=None) as socket:
            browser = Firefox(socket)
            yield browser
            browser.send("browser.close")


@contextlib.contextmanager
def webkit(folder: Path) -> Iterator[Browser]:
    """Start WebKit's MiniBrowser on a virtual screen."""
    programs = sorted(map(str, Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser")))
    assert programs, "WebKit is missing: bin/test --all installs Debian's webkit2gtk-driver."
    screen = ["Xvfb", "-displayfd", "1", "-screen", "0", "1920x1200x24", "-nolisten", "tcp"]
    port = free_port()
    with contextlib.ExitStack() as stack:
        display = stack.enter_context(stopped_at_end(Process(screen, log=folder / "screen.log")))
        display.wait_until(lambda: display.output().strip().isdigit(), "the screen")
        environment = {
            "DISPLAY": f":{display.output().strip()}",
            "HOME": str(folder),
            "GDK_BACKEND": "x11",
            "PATH": "/usr/bin:/bin",
            "NO_AT_BRIDGE": "1",
        }
        driver = Process(["WebKitWebDriver", f"--port={port}"], log=folder / "webkit.log", environment=environment)
        stack.enter_context(stopped_at_end(driver))
        driver.wait_until(lambda: is_listening(port), "WebKit’s driver")
        browser = WebKit(port, programs[-1])
        yield browser
        browser.send("DELETE", "")
