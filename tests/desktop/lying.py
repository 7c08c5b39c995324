"""A site that lies: it stands before the real one, passes everything on, and changes what the device is told of its session."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Told = dict[str, Any]
_SESSION = re.compile(r"^/api/v1/sessions/([0-9a-f-]{36}/(?!join/)|redeem/)")
_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


class LyingSite:
    """`lie` changes each answer about a session, until it is another one; `told` keeps what was said in the end."""

    def __init__(self, real: str) -> None:
        self.real, self._address = urlsplit(real).netloc, real
        self.lie: Callable[[Told], Told] = lambda told: told
        self.told: list[Told] = []
        self._lines: list[socket.socket] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.headers.get("Upgrade", "").lower() == "websocket":
                    site.pass_socket_on(self)
                else:
                    site.pass_on(self)

            do_POST = do_GET  # noqa: N815 the name is the library's

            def log_message(self, *_about: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def pass_on(self, asked: BaseHTTPRequestHandler) -> None:
        content = asked.rfile.read(int(asked.headers.get("Content-Length") or 0))
        line = http.client.HTTPConnection(self.real, timeout=20)
        with contextlib.closing(line):
            headers = {n: v for n, v in asked.headers.items() if n.lower() not in _HOP}
            line.request(asked.command, asked.path, content or None, headers)
            answer = line.getresponse()
            body = self._changed(asked.path, answer.status, answer.read())
            asked.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP:
                    asked.send_header(name, value)
            asked.send_header("Content-Length", str(len(body)))
            asked.end_headers()
            asked.wfile.write(body)

    def _changed(self, path: str, status: int, body: bytes) -> bytes:
        if status != 200 or not _SESSION.match(path):
            # The app takes no addresses but its site's.
            return body.replace(self._address.encode(), self.url.encode())
        told = self.lie(json.loads(body))
        self.told.append(told)
        return json.dumps(told).encode()

    def pass_socket_on(self, asked: BaseHTTPRequestHandler) -> None:
        host, port = self.real.split(":")
        with socket.create_connection((host, int(port)), 20) as line:
            line.settimeout(None)
            self._lines += [line, asked.connection]
            head = f"{asked.requestline}\r\n" + "".join(
                f"{name}: {value}\r\n" for name, value in asked.headers.items()
            )
            line.sendall(f"{head}\r\n".encode("latin-1"))
            back = threading.Thread(target=_pump, args=(line, asked.connection), daemon=True)
            back.start()
            _pump(asked.connection, line)
            back.join(5)
        asked.close_connection = True

    def cut(self) -> None:
        """Cuts the sockets; the app opens them again, and then asks how its session stands."""
        lines, self._lines = self._lines, []
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.server.shutdown()
        self.cut()
        self.server.server_close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


@contextmanager
def lying_site(real: str) -> Iterator[LyingSite]:
    made = LyingSite(real)
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.close()
        thread.join(5)
