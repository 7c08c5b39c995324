"""The two servers that bench/signalling.py compares, on the same Daphne with the same options.

python -m bench.serve site PORT    the site's own web part
python -m bench.serve bare PORT    a relay that does nothing but relay
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]

_there: dict[str, Send] = {}


def _other(path: str) -> str:
    pair, side = path.rsplit("/", 1)
    return f"{pair}/{'sharer' if side == 'helper' else 'helper'}"


async def bare_relay(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Accepts everybody, and hands each text to whoever sits at the other end of the pair."""
    if scope["type"] != "websocket":
        return
    path, peer = scope["path"], _other(scope["path"])
    await receive()
    await send({"type": "websocket.accept"})
    _there[path] = send
    await send({"type": "websocket.send", "text": '{"type":"session.joined"}'})
    while (event := await receive())["type"] == "websocket.receive":
        to = _there.get(peer)
        if to is not None:
            await to({"type": "websocket.send", "text": event["text"]})
    _there.pop(path, None)


def _serve_bare(port: int) -> None:
    from daphne.endpoints import build_endpoint_description_strings
    from daphne.server import Server

    from remotehelp_site import web

    Server(
        bare_relay,
        endpoints=build_endpoint_description_strings(host="127.0.0.1", port=port),
        signal_handlers=False,
        websocket_handshake_timeout=20,
        websocket_timeout=-1,
        ping_interval=web.PING_EVERY,
        ping_timeout=web.PING_TIMEOUT,
        websocket_max_message_size=web.LARGEST_MESSAGE,
        websocket_max_frame_size=web.LARGEST_MESSAGE,
        verbosity=0,
    ).run()


def _serve_site(port: int) -> None:
    """As `remotehelp up` does, without the worker's threads: what is measured is the web part."""
    import gc

    import django

    django.setup()
    from remotehelp_site import web
    from remotehelp_site.database import migrate_if_needed

    migrate_if_needed()
    gc.freeze()
    web.serve(host="127.0.0.1", port=port, on_ready=lambda: None)


if __name__ == "__main__":
    {"site": _serve_site, "bare": _serve_bare}[sys.argv[1]](int(sys.argv[2]))
