"""A real browser for the tests: Debian's Chromium, driven over the DevTools protocol with nothing but the standard library."""

import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]


def find() -> str | None:
    return os.environ.get("TERN_CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)


class WebSocket:
    """RFC 6455, as far as a client of DevTools needs it: text frames, pieces of them, and pings."""

    def __init__(self, url: str):
        place = urllib.parse.urlparse(url)
        self.socket = socket.create_connection((place.hostname, place.port), timeout=60)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self.socket.recv(4096)
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        assert b" 101 " in head.split(b"\r\n")[0], head

    def send(self, text: str, opcode: int = 1) -> None:
        data, mask = text.encode(), os.urandom(4)
        size = len(data)
        length = (
            bytes([0x80 | size])
            if size < 126
            else bytes([0xFE]) + struct.pack(">H", size) if size < 65536 else bytes([0xFF]) + struct.pack(">Q", size)
        )
        masked = (int.from_bytes(data, "big") ^ int.from_bytes((mask * (size // 4 + 1))[:size], "big")).to_bytes(size, "big") if size else b""
        self.socket.sendall(bytes([0x80 | opcode]) + length + mask + masked)

    def take(self, count: int) -> bytes:
        while len(self.buffer) < count:
            piece = self.socket.recv(1 << 20)
            assert piece, "the browser closed the connection"
            self.buffer += piece
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def receive(self) -> str:
        message = b""
        while True:
            first, second = self.take(2)
            size = second & 0x7F
            if size == 126:
                size = struct.unpack(">H", self.take(2))[0]
            elif size == 127:
                size = struct.unpack(">Q", self.take(8))[0]
            data = self.take(size)
            if first & 0xF == 9:
                self.send(data.decode(), opcode=10)
            elif first & 0xF in (0, 1):
                message += data
                if first & 0x80:
                    return message.decode()


class Browser:
    """One tab. Errors that a page writes to its console, and exceptions nobody caught, are kept in `errors`."""

    def __init__(self, width: int = 1400, height: int = 900, dark: bool = False):
        self.size, self.dark, self.errors, self.events, self.number = (width, height), dark, [], [], 0

    def __enter__(self) -> "Browser":
        self.folder = tempfile.TemporaryDirectory(prefix="tern-browser-", ignore_cleanup_errors=True)
        self.process = subprocess.Popen(
            [
                find(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--remote-debugging-port=0",
                "--no-first-run",
                "--disable-background-networking",
                f"--user-data-dir={self.folder.name}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        port = os.path.join(self.folder.name, "DevToolsActivePort")
        deadline = time.monotonic() + 60
        while not (os.path.exists(port) and open(port).read().count("\n")):
            assert self.process.poll() is None and time.monotonic() < deadline, "Chromium did not start"
            time.sleep(0.05)
        address = f"http://127.0.0.1:{open(port).read().split()[0]}"
        tabs = json.load(urllib.request.urlopen(f"{address}/json", timeout=30))
        self.socket = WebSocket(next(tab for tab in tabs if tab["type"] == "page")["webSocketDebuggerUrl"])
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=self.size[0], height=self.size[1], deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if self.dark else "light"}])
        return self

    def __exit__(self, *_) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.socket.socket.close()
        self.folder.cleanup()

    def call(self, method: str, **params):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.receive())
            if message.get("id") == self.number:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self.note(message)

    def note(self, message: dict) -> None:
        method, params = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            self.errors.append(" ".join(str(one.get("value", one.get("description"))) for one in params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        self.events.append(method)

    def open(self, url: str) -> None:
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def run(self, script: str):
        """The value of an expression in the page; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{script}: {answer['exceptionDetails'].get('exception', {}).get('description')}")
        return answer["result"].get("value")

    def wait(self, condition: str, timeout: float = 30):
        """Until the expression is true; answers its value."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                value = self.run(f"((value) => (value instanceof Node ? true : value))({condition})")
            except AssertionError:
                value = None
            if value:
                return value
            assert time.monotonic() < deadline, f"not within {timeout} s: {condition}\n{self.errors}"
            time.sleep(0.05)

    def click(self, selector: str, shift: bool = False) -> None:
        """With the real pointer, in the middle of the element."""
        self.wait(f"!!document.querySelector({json.dumps(selector)})")
        x, y = self.run(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)}); one.scrollIntoView({{ block: 'nearest' }});"
            " const box = one.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        for kind in ["mousePressed", "mouseReleased"]:
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1, modifiers=8 if shift else 0)

    def type(self, selector: str, text: str, enter: bool = False) -> None:
        """In place of what stands in a field."""
        self.run(f"(() => {{ const one = document.querySelector({json.dumps(selector)}); one.focus(); one.select?.(); }})()")
        self.call("Input.insertText", text=text)
        if enter:
            for kind in ["keyDown", "keyUp"]:
                self.call(
                    "Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r" if kind == "keyDown" else ""
                )

    def screenshot(self, path: str) -> None:
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
