"""A socket ends with the sign-in that opened it; the page then finds its way to sign in anew."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from apps.tenants.models import User
from tests.factories import make_session

pytestmark = pytest.mark.django_db(transaction=True)

SIGNED_OUT = {"type": "refused", "code": "signed_out"}


def sign_out_everywhere(person: User) -> None:
    for session in Session.objects.all():
        if session.get_decoded().get("_auth_user_id") == str(person.pk):
            session.delete()


def set_new_password(person: User) -> None:
    person.set_password("another pass phrase 2026")
    person.save()


@pytest.mark.parametrize("how", [sign_out_everywhere, set_new_password])
def test_a_socket_ends_when_its_sign_in_does(wire, settings, hanna, sam, how):
    settings.REMOTEHELP_SILENT_FOR = timedelta(milliseconds=150)
    session = make_session(hanna, sam)
    helper, sharer = wire.join_both(session)
    how(sam)
    assert sharer.hear() == SIGNED_OUT
    assert sharer.hear_close() == 4401
    # The other side only sees that somebody is away.
    assert helper.hear() == {"type": "peer.left"}
    assert not wire.knock(None, session).open()
    assert wire.knock(sam, session).open()  # signed in anew
