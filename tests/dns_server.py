"""A DNS server of the tests' own on the loopback: it knows some TXT records, and can fall silent or fail."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


class DnsServer:
    """Answers over UDP: the records that were set, else that there is no such name."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self.is_silent = False
        self.rcode = dns.rcode.NXDOMAIN
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:{1}".format(*self._socket.getsockname())
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                data, sender = self._socket.recvfrom(4096)
            except OSError:
                return
            if data == b"":
                return
            query = dns.message.from_wire(data)
            self.asked.append(query.question[0].name.to_text())
            if not self.is_silent:
                self._socket.sendto(self._answer(query).to_wire(), sender)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        name = query.question[0].name
        texts = self.texts.get(name.to_text(omit_final_dot=True).lower())
        if texts is None:
            response.set_rcode(self.rcode)
        else:
            quoted = (f'"{text}"' for text in texts)
            response.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *quoted))
        return response

    def close(self) -> None:
        # An empty datagram wakes the thread; closing alone does not, everywhere.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", self._socket.getsockname())
        self._thread.join(5)
        self._socket.close()


@contextmanager
def dns_server() -> Iterator[DnsServer]:
    server = DnsServer()
    try:
        yield server
    finally:
        server.close()
