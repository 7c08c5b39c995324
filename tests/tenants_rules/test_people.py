"""People as whoever manages the directory keeps them: changed, disabled, enabled, sent a link, given a picture."""

from __future__ import annotations

import io

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from PIL import Image

from apps.common.conflicts import ChangedMeanwhileError, fingerprint
from apps.common.errors import InvalidError, NotAllowedError
from apps.sessions.states import State
from apps.tenants import selectors, services
from apps.tenants.models import Act, AuditEntry, User
from apps.tenants.profiles import Profile
from tests.factories import PASSWORD, make_group, make_person

NAMES = {"first_name": "Sam", "last_name": "Sharer", "job_title": "Accountant"}


def signed_in(person: User) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    return client


def entries(act: Act) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(act=act, target_kind="tenants.user").order_by("number"))


@pytest.fixture
def dora(contoso) -> User:
    """Somebody of the organisation's directory."""
    return User.objects.create(
        tenant=contoso, directory_oid="d-1", email="dora@contoso.example", first_name="Dora"
    )


@pytest.fixture
def petra(contoso) -> User:
    """Manages the directory and nothing else."""
    petra = make_person(contoso, "Petra", "People")
    services.grant_administration(actor=None, person=petra, permissions=["tenants.manage_people"])
    return petra


def test_a_profile_is_changed_and_written_down(petra, sam):
    seen = fingerprint(selectors.profile_state(sam))
    services.change_person(
        actor=petra,
        person=sam,
        email=" SAM.S@contoso.example ",
        **{**NAMES, "last_name": "  Sha\u202ere\nr 🦊 "},
        language="de",
        seen=seen,
    )
    sam.refresh_from_db()
    assert (sam.email, sam.last_name, sam.language) == (
        "sam.s@contoso.example",
        "Sha re r 🦊",
        "de",
    )
    (entry,) = entries(Act.CHANGED)
    assert entry.names is not None
    assert entry.names["changes"]["email"] == ["sam@contoso.example", "sam.s@contoso.example"]
    with pytest.raises(ChangedMeanwhileError):
        services.change_person(actor=petra, person=sam, email=sam.email, **NAMES, seen=seen)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "sam@fabrikam.example"}, "email"),
        ({"email": "sam@elsewhere.example"}, "email"),
        ({"email": "HANNA@contoso.example"}, "email"),
        ({"email": "no address"}, "email"),
        ({"email": ""}, "email"),
        ({"first_name": "x" * 10_000}, "first_name"),
        ({"job_title": "x" * 121}, "job_title"),
    ],
)
def test_what_a_profile_cannot_hold_is_refused(petra, sam, hanna, mallory, change, field):
    with pytest.raises(InvalidError) as refusal:
        services.change_person(actor=petra, person=sam, **{"email": sam.email, **NAMES, **change})
    assert set(refusal.value.fields) == {field}
    before = sam.email
    sam.refresh_from_db()
    assert sam.email == before
    assert not entries(Act.CHANGED)


def test_nobody_changes_whoever_outranks_them_disabled_or_not(petra, ada, sam, magnus, hanna):
    """Else a new address for an administrator who is on leave would be a way to become them."""
    for actor, person in ((hanna, sam), (petra, ada), (petra, magnus)):
        with pytest.raises(NotAllowedError):
            services.change_person(actor=actor, person=person, email=person.email, **NAMES)
        with pytest.raises(NotAllowedError):
            services.issue_sign_in_link(actor=actor, person=person)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    ada.refresh_from_db()
    for change in (
        lambda: services.change_person(actor=petra, person=ada, email=ada.email, **NAMES),
        lambda: services.enable_person(actor=petra, person=ada),
        lambda: services.set_picture_of(actor=petra, person=ada, data=b""),
    ):
        with pytest.raises(services.MoreThanOwnError):
            change()


def test_what_the_directory_keeps_is_not_changed_by_hand(petra, dora):
    names = {"first_name": "Dora", "last_name": "", "job_title": ""}
    services.change_person(actor=petra, person=dora, email=dora.email, **names, language="sv")
    dora.refresh_from_db()
    assert dora.language == "sv"
    for change in ({"first_name": "Other"}, {"email": "other@contoso.example"}):
        with pytest.raises(services.DirectoryKeepsError):
            services.change_person(
                actor=petra, person=dora, **{"email": dora.email, **names, **change}
            )


def test_who_is_disabled_is_out_everywhere_and_their_cookie_stays_dead(
    petra, sam, active, django_capture_on_commit_callbacks
):
    browser = signed_in(sam)
    assert browser.get("/").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        services.disable_person(actor=petra, person=sam)
    assert browser.get("/").status_code == 302
    active.refresh_from_db()
    assert active.state == State.ENDED
    services.disable_person(actor=petra, person=sam)  # again: nothing happens
    assert len(entries(Act.DISABLED)) == 1

    services.enable_person(actor=petra, person=sam)
    assert browser.get("/").status_code == 302, "enabled again, and that browser is still out"
    sam.refresh_from_db()
    assert signed_in(sam).get("/").status_code == 200
    assert len(entries(Act.ENABLED)) == 1


def test_nobody_disables_themselves(petra):
    with pytest.raises(services.OneselfError):
        services.disable_person(actor=petra, person=petra)
    petra.refresh_from_db()
    assert petra.is_active


def test_the_link_is_mailed_in_the_persons_language_and_sets_the_password(petra, contoso):
    nora = services.create_person(
        actor=petra,
        tenant=contoso,
        email="nora@contoso.example",
        first_name="Nora",
        last_name="New",
        language="en",
    )
    services.mail_sign_in_link(actor=petra, person=nora)
    (sent,) = mail.outbox
    assert sent.to == ["nora@contoso.example"]
    assert "Contoso has an account for you" in sent.body
    path = next(line for line in sent.body.splitlines() if line.startswith("http"))
    page = Client().get(path.removeprefix("http://testserver"), follow=True)
    assert page.status_code == 200
    assert 'name="password1"' in page.content.decode()
    assert len(entries(Act.LINKED)) == 1


def test_a_mail_that_cannot_be_sent_is_said_and_leaves_no_entry(petra, sam, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(services.MailNotSentError):
        services.mail_sign_in_link(actor=petra, person=sam)
    assert not entries(Act.LINKED)


def test_no_link_for_who_signs_in_elsewhere_or_not_at_all(petra, dora, sam):
    with pytest.raises(services.DirectoryAccountError):
        services.issue_sign_in_link(actor=petra, person=dora)
    services.disable_person(actor=petra, person=sam)
    sam.refresh_from_db()
    with pytest.raises(services.PersonDisabledError):
        services.issue_sign_in_link(actor=petra, person=sam)


def test_a_picture_is_given_by_whoever_keeps_the_directory(petra, sam, hanna, magnus):
    made = io.BytesIO()
    Image.new("RGB", (40, 20), "teal").save(made, "PNG")
    for actor, person in ((hanna, sam), (petra, magnus)):
        with pytest.raises(NotAllowedError):
            services.set_picture_of(actor=actor, person=person, data=made.getvalue())
    services.set_picture_of(actor=petra, person=sam, data=made.getvalue())
    sam.refresh_from_db()
    with Image.open(sam.picture) as kept:
        assert (kept.format, kept.size) == ("WEBP", (256, 256))
    services.remove_picture_of(actor=petra, person=sam)
    sam.refresh_from_db()
    assert not sam.picture
    assert len(entries(Act.CHANGED)) == 2


def test_many_are_made_at_once_or_none(petra, contoso, django_assert_max_num_queries):
    profiles = [Profile(f"n{number}@contoso.example", f"N{number}") for number in range(120)]
    with pytest.raises(services.ForeignDomainError):
        services.create_people(
            actor=petra, tenant=contoso, profiles=[*profiles, Profile("n@fabrikam.example")]
        )
    assert not User.objects.filter(email="n1@contoso.example").exists()
    with django_assert_max_num_queries(20):
        made = services.create_people(actor=petra, tenant=contoso, profiles=profiles)
    assert len(made) == len(entries(Act.ADDED)[-120:]) == 120
    assert not any(person.has_usable_password() for person in made)


def test_the_chain_holds_over_entries_that_were_written_together(petra, contoso):
    from apps.tenants import audit

    profiles = [Profile(f"n{number}@contoso.example") for number in range(3)]
    services.create_people(actor=petra, tenant=contoso, profiles=profiles)
    make_group(contoso, "After")
    assert audit.verify(contoso).faults == []
