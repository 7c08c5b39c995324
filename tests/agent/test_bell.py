"""What the device's socket says, as the app takes it; and the list of who wants to help (D4)."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any

import pytest
from remotehelp_app.invitations import Invitations
from remotehelp_app.platform.interfaces import UnavailableError
from remotehelp_app.server import bell, shapes
from remotehelp_app.server.bell import Bell
from remotehelp_app.server.errors import ServerError
from remotehelp_app.server.signals import read_message
from remotehelp_app.status import Person

ONE, TWO = str(uuid.uuid4()), str(uuid.uuid4())


def invitation(session: str = ONE, **other: Any) -> dict[str, Any]:
    helper = {
        "id": str(uuid.uuid4()),
        "full_name": "Hanna Helper",
        "initials": "HH",
        "job_title": "Help desk",
        "company": "Contoso",
        "verified_domain": "contoso.example",
        "picture": None,
    }
    return {
        "type": "invitation",
        "session": session,
        "helper": helper,
        "expires_at": "2026-11-27T10:00:00+00:00",
    } | other


def joined(*found: dict[str, Any]) -> dict[str, Any]:
    return {"type": "device.joined", "invitations": list(found)}


@pytest.fixture
def heard():
    """What a bell has on its list after these messages."""

    def listen(*messages: dict[str, Any]) -> list[str]:
        made = Bell(None)  # type: ignore[arg-type]  # it asks nobody here
        for message in messages:
            made._take(message)
        return list(made._open)

    return listen


def test_what_comes_changes_and_goes(heard):
    assert heard(joined()) == []
    assert heard(joined(invitation(ONE), invitation(TWO))) == [ONE, TWO]
    assert heard(joined(), invitation(ONE), invitation(TWO)) == [ONE, TWO]
    gone = {"type": "invitation.gone", "session": ONE}
    assert heard(joined(invitation(ONE)), invitation(TWO), gone) == [TWO]
    # After a reconnection the list is told whole.
    assert heard(joined(invitation(ONE)), joined(invitation(TWO))) == [TWO]


@pytest.mark.parametrize(
    "bad",
    [
        {"helper": {}, "expires_at": 7},
        {"helper": {"full_name": 7}},
        {"helper": {"full_name": "n" * 1000}},
        {"expires_at": None},
        {"expires_at": "soon"},
    ],
)
def test_what_cannot_be_understood_changes_nothing(heard, bad):
    assert heard(joined(invitation(TWO)), invitation(ONE, **bad)) == [TWO]
    assert heard(joined(invitation(TWO)), joined(invitation(ONE, **bad))) == [TWO]


def test_a_site_that_says_too_much_is_not_followed(heard):
    many = [invitation(str(uuid.uuid4())) for _ in range(shapes.MOST_INVITATIONS + 5)]
    assert heard(joined(*many)) == []
    assert len(heard(joined(), *many)) == shapes.MOST_INVITATIONS


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"type": "invitation"}',
        '{"type": "device.joined"}',
        '{"type": "invitation.gone", "session": 1}',
        '{"type": "offer", "sdp": "", "attempt": 1}',
        '{"type": "session.changed", "state": "active"}',
    ],
)
def test_nothing_else_is_heard_on_it(text):
    assert read_message(text, bell._KNOWN) is None


class Service:
    """A notification service, as `Notifier`; or a desktop without one."""

    def __init__(self, *, is_there: bool = True) -> None:
        self.is_there = is_there
        self.shown: dict[str, str] = {}

    async def check(self) -> None: ...

    async def show(self, key, title, text, pressed) -> None:
        if not self.is_there:
            raise UnavailableError("none")
        self.shown[key] = title

    async def withdraw(self, key) -> None:
        self.shown.pop(key, None)

    async def close(self) -> None:
        self.shown.clear()


class Listed:
    def __init__(self, service: Service) -> None:
        self.changes: list[bool] = []
        self.service = service
        self.list = Invitations(service, self.person, self.changes.append, lambda key: None)

    async def person(self, card: shapes.Card) -> Person:
        return Person(card.full_name)

    async def take(self, *sessions: str, expires_in: float = 600, ahead: float = 0) -> list[str]:
        until = time.time() + ahead + expires_in
        card = shapes.card(invitation()["helper"])
        found = [shapes.InvitationInfo(session, card, until) for session in sessions]
        return await self.list.take(found, ahead=ahead)

    @property
    def due(self) -> str:
        return self.list.due.session_id if self.list.due is not None else ""


async def test_each_is_announced_once_and_withdrawn_when_it_is_gone():
    listed = Listed(Service())
    assert await listed.take(ONE) == [ONE]
    assert await listed.take(ONE, TWO) == [TWO]
    assert set(listed.service.shown) == {ONE, TWO}
    assert set(listed.service.shown.values()) == {"Hanna Helper wants to help you"}
    assert listed.changes == [True, True]
    assert await listed.take(TWO) == []
    assert set(listed.service.shown) == {TWO}
    assert listed.changes == [True, True, False]
    await listed.list.forget(TWO)
    assert (listed.service.shown, listed.list.open) == ({}, ())


async def test_what_is_put_off_is_listed_and_not_due():
    listed = Listed(Service())
    await listed.take(ONE, TWO)
    assert listed.due == ONE
    listed.list.put_off(ONE)
    assert (listed.due, len(listed.list.open)) == (TWO, 2)
    listed.list.put_off(TWO)
    assert listed.due == ""
    listed.list.show(TWO)
    assert listed.due == TWO
    await listed.take(TWO)
    await listed.take(ONE, TWO)
    assert listed.due == ONE, "a new invitation was never put off"


async def test_a_desktop_without_notices_lists_them_all_the_same():
    listed = Listed(Service(is_there=False))
    assert await listed.take(ONE) == [ONE]
    assert listed.due == ONE
    await listed.list.close()
    assert listed.list.open == ()


async def test_what_runs_out_goes_without_the_site(monkeypatch):
    monkeypatch.setattr("remotehelp_app.invitations._GRACE", 0.05)
    listed = Listed(Service())
    # Both clocks are an hour apart; what counts is the time that is left.
    await listed.take(ONE, expires_in=0.2, ahead=3600)
    assert listed.due == ONE
    for _ in range(500):
        if not listed.list.open:
            break
        await asyncio.sleep(0.01)
    assert (listed.list.open, listed.service.shown) == ((), {})


def test_an_answer_with_another_shape_is_not_ours():
    answers: tuple[Any, ...] = (None, [], {}, {"invitations": {}}, {"invitations": [{}]})
    for answer in answers:
        with pytest.raises(ServerError):
            shapes.invitations(answer)
