"""A web server that misbehaves as told, a real S3 API on loopback, and no real pauses."""

import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from crawlsieve.stages.read import stored


class Site:
    """Files by path, what goes wrong with the next requests for them, and what was asked.

    A fault is ("status", code, headers), ("cut", bytes): the connection ends after so many bytes, or ("etag", value).
    """

    def __init__(self):
        self.files = {}
        self.faults = defaultdict(list)
        self.asked = []
        self.held = {}  # path -> event for which its content waits
        self.ranges = True
        self.tells_size = True
        self.piece = None  # bytes that leave at once; null for all
        self.address = ""
        self.open_now = self.open_most = 0
        self.lock = threading.Lock()

    def put(self, path, content):
        self.files[path] = content
        return f"{self.address}/{path}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        site = self.server.site
        with site.lock:
            site.open_now += 1
            site.open_most = max(site.open_most, site.open_now)
        try:
            self.answer(body=True)
        finally:
            with site.lock:
                site.open_now -= 1

    def answer(self, *, body):
        site = self.server.site
        path = self.path.lstrip("/")
        asked = self.headers.get("Range")
        site.asked.append((self.command, path, asked))
        applies = [fault for fault in site.faults[path][:1] if body or fault[0] == "status"]
        for fault in applies:
            site.faults[path].remove(fault)
        kind, *rest = applies[0] if applies else ("none",)
        if kind == "status" or path not in site.files:
            code, headers = rest if kind == "status" else (404, {})
            self.respond(code, b"", headers | {"Content-Length": "0"})
            return
        if body and path in site.held:
            site.held[path].wait(60)
        content = site.files[path]
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and site.ranges else 0
        headers = {"ETag": f'"{rest[0] if kind == "etag" else len(content)}"'}
        if site.tells_size:
            headers["Content-Length"] = str(len(content) - start)
        else:
            headers["Connection"] = "close"
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        end = start + rest[0] if kind == "cut" else len(content)
        self.respond(206 if start else 200, content[start:end] if body else b"", headers)
        if kind == "cut" or not site.tells_size:
            self.close_connection = True

    def respond(self, code, body, headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            piece = self.server.site.piece or len(body) or 1
            for start in range(0, len(body), piece):
                self.wfile.write(body[start : start + piece])
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A reader that hangs up is part of the game."""


@pytest.fixture
def site():
    """A web site on loopback."""
    server = Server(("127.0.0.1", 0), Handler)
    server.site = Site()
    server.site.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server.site
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def pauses(monkeypatch):
    """Seconds that a reader would have slept."""
    slept = []
    monkeypatch.setattr(stored.time, "sleep", slept.append)
    return slept
