"""What the tests of the session's rules share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from apps.sessions import services
from apps.sessions.models import HelpSession, Side
from tests.sessions.wire import Wire


class Told:
    """What each side's socket heard while the block ran and its transactions were committed."""

    helper: list[dict[str, Any]]
    sharer: list[dict[str, Any]]

    @property
    def both(self) -> list[str]:
        """The states that both sides were told, when both were told the same."""
        states = [m["state"] for m in self.helper if m["type"] == "session.changed"]
        assert states == [m["state"] for m in self.sharer if m["type"] == "session.changed"]
        return states


@pytest.fixture
def telling(ears, django_capture_on_commit_callbacks) -> Callable[..., Any]:
    """`with telling(session) as told:` gives both sides a live channel of the real layer and listens."""

    @contextmanager
    def listen(session: HelpSession) -> Iterator[Told]:
        helper, sharer, told = ears(), ears(), Told()
        HelpSession.objects.filter(pk=session.pk).update(
            helper_channel=helper.channel, sharer_channel=sharer.channel
        )
        session.refresh_from_db()
        with django_capture_on_commit_callbacks(execute=True):
            yield told
        told.helper, told.sharer = helper.heard(), sharer.heard()

    return listen


@pytest.fixture
def sockets(ears) -> Callable[..., Any]:
    """Both sides join with a live channel, as their sockets do: gives the helper's and the sharer's ear."""

    def join(session: HelpSession):
        helper, sharer = ears(), ears()
        services.join_session(
            actor=session.helper, session=session, side=Side.HELPER, channel=helper.channel
        )
        if session.sharer is not None:
            services.join_session(
                actor=session.sharer, session=session, side=Side.SHARER, channel=sharer.channel
            )
        session.refresh_from_db()
        return helper, sharer

    return join


@pytest.fixture
def wire(transactional_db: None) -> Iterator[Wire]:
    """Sockets of browsers, over the real ASGI application; all are hung up at the end."""
    made = Wire()
    yield made
    made.close()
