"""The web server process: Daphne in this very process, with the limits that our sockets need."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Any

# A signalling message is at most 64 KiB; a larger frame closes the socket before it is read whole.
LARGEST_MESSAGE = 64 * 1024
PING_EVERY = 15
PING_TIMEOUT = 20
# From the request's first byte to the answer's last; a proxy in front gives up earlier.
HTTP_TIMEOUT = 120


class PortTakenError(Exception):
    """The address cannot be listened on; the text is for the person who started us."""


def require_free(host: str, port: int) -> None:
    """Refuse early, before anything slow is started, when the address cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except (OSError, OverflowError) as error:
            raise PortTakenError(
                f"Cannot listen on {host} port {port}: {getattr(error, 'strerror', '') or error}. "
                f"Choose another one, for example PORT={port + 1 if port < 65535 else 8001}."
            ) from error


def stop_on_signals(stop: Callable[[], None]) -> None:
    """Ctrl-C and SIGTERM both mean: stop now, in good order."""

    def handle(number: int, frame: FrameType | None) -> None:
        stop()

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)


def serve(*, host: str, port: int, on_ready: Callable[[], None]) -> bool:
    """Serve until told to stop; False when the address could not be listened on after all.

    Django is set up already. Static files, pages, API and sockets are all one ASGI application.
    """
    from daphne.endpoints import build_endpoint_description_strings
    from daphne.server import Server

    # Daphne chooses the reactor when it is imported, so this import has to be the later one.
    from twisted.internet import reactor as chosen

    from remotehelp_site.asgi import application

    reactor: Any = chosen

    class SiteServer(Server):  # type: ignore[misc]
        has_failed = False

        def listen_success(self, listening: object) -> None:
            super().listen_success(listening)
            on_ready()

        def listen_error(self, failure: object) -> None:
            self.has_failed = True
            super().listen_error(failure)

    server: Any = SiteServer(
        application,
        endpoints=build_endpoint_description_strings(host=host, port=port),
        signal_handlers=False,
        http_timeout=HTTP_TIMEOUT,
        # All come back at once after a restart, and joining a session waits for the database.
        websocket_handshake_timeout=20,
        websocket_timeout=-1,  # a session may last a working day; pings find the dead ones
        ping_interval=PING_EVERY,
        ping_timeout=PING_TIMEOUT,
        websocket_max_message_size=LARGEST_MESSAGE,
        websocket_max_frame_size=LARGEST_MESSAGE,
        application_close_timeout=5,
        server_name="remotehelp",
        # Too large a message gets a close frame that says so, rather than a line that goes dead.
        ready_callable=lambda: server.ws_factory.setProtocolOptions(failByDrop=False),
        verbosity=0,
    )

    def stop() -> None:
        if reactor.running:
            reactor.callFromThread(reactor.stop)
        else:
            server.abort_start = True
        # A second signal does not wait for anybody.
        stop_on_signals(lambda: os._exit(0))

    stop_on_signals(stop)
    server.run()
    return not server.has_failed
