"""People with accounts of their own: made, changed, disabled, enabled, and sent the link that sets their password."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from smtplib import SMTPException

from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.common.conflicts import require_unchanged
from apps.common.errors import InvalidError, NotAllowedError, NotFoundError, RuleError
from apps.tenants import audit, notices, selectors
from apps.tenants.app_access import revoke_tokens_of
from apps.tenants.models import Act, Tenant, User
from apps.tenants.profiles import Problem, Profile, Rules
from apps.tenants.services.administrators import (
    require_in_person,
    require_not_last,
    require_outranks,
    require_permission,
)
from apps.tenants.services.organisations import NameTakenError
from apps.tenants.services.sign_in import one_time_link_path
from apps.tenants.signals import announce_ground_change

MANAGE = "tenants.manage_people"
NAMES = ("first_name", "last_name", "job_title")
KEPT = ("email", *NAMES)
_AT_ONCE = 500


class ForeignDomainError(InvalidError):
    code = "foreign_domain"
    message = _("The address must be in one of the organisation's verified domains.")


class DirectoryKeepsError(NotAllowedError):
    code = "directory_keeps"
    message = _(
        "Name, address and job title of this person come from the organisation's directory at every sign-in."
        " Change them there."
    )


class OneselfError(NotAllowedError):
    code = "oneself"
    message = _("You cannot disable your own account. Another administrator has to.")


class MailNotSentError(RuleError):
    code = "mail_not_sent"
    status = 502
    message = _("The mail could not be sent. Try again later, or ask the operators of this site.")


_REFUSED_AS: Mapping[Problem, type[InvalidError]] = {
    Problem.FOREIGN_DOMAIN: ForeignDomainError,
    Problem.TAKEN: NameTakenError,
}


def _require_manager(actor: User | None, tenant_id: object) -> None:
    """`actor` is None on the command line and for the site itself."""
    if actor is None:
        return
    require_permission(actor, MANAGE)
    if actor.tenant_id != tenant_id:
        raise NotAllowedError


def _require_well(rules: Rules, profile: Profile, present: User | None = None) -> None:
    problems = rules.problems(profile, present=present)
    if not problems:
        return
    refusal = next((_REFUSED_AS[one] for one in problems.values() if one in _REFUSED_AS), None)
    raise (refusal or InvalidError)(fields={name: str(one.label) for name, one in problems.items()})


def _new(tenant: Tenant, profile: Profile, language: str = "") -> User:
    return User(
        tenant=tenant,
        language=language,
        **{name: getattr(profile, name) for name in KEPT},
    )


@transaction.atomic
def create_person(
    *,
    actor: User | None,
    tenant: Tenant,
    email: str,
    first_name: str,
    last_name: str,
    job_title: str = "",
    password: str | None = None,
    language: str = "",
) -> User:
    """A local account. Its address is in a verified domain of the tenant (T5) and nobody else's.

    Without a password nobody can sign in until one is set by a one-time link.
    """
    _require_manager(actor, tenant.pk)
    if password is not None:
        require_in_person(actor)
    profile = Profile(email, first_name, last_name, job_title).cleaned()
    _require_well(Rules(tenant, [profile.email]), profile)
    person = _new(tenant, profile, language)
    give_first_password(person, password)
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError as error:
        raise NameTakenError(fields={"email": str(Problem.TAKEN.label)}) from error
    new = audit.state_of(person, *KEPT)
    audit.record(actor=actor, tenant=tenant, act=Act.ADDED, target=person, new=new)
    return person


@transaction.atomic
def create_people(*, actor: User | None, tenant: Tenant, profiles: Iterable[Profile]) -> list[User]:
    """Local accounts without passwords, all of them or, if one is refused, none. However many, few queries."""
    _require_manager(actor, tenant.pk)
    cleaned = [profile.cleaned() for profile in profiles]
    rules = Rules(tenant, [profile.email for profile in cleaned])
    people = []
    for profile in cleaned:
        _require_well(rules, profile)
        person = _new(tenant, profile)
        person.set_unusable_password()
        people.append(person)
    try:
        with transaction.atomic():
            User.objects.bulk_create(people, batch_size=_AT_ONCE)
    except IntegrityError as error:
        raise NameTakenError(fields={"email": str(Problem.TAKEN.label)}) from error
    added = (audit.Change(Act.ADDED, one, new=audit.state_of(one, *KEPT)) for one in people)
    audit.record_all(actor=actor, tenant=tenant, changes=added)
    return people


def give_first_password(person: User, password: str | None) -> None:
    """Set the password of an account that is being made; a weak one is refused, none lets nobody sign in."""
    if password is None:
        person.set_unusable_password()
        return
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise InvalidError(fields={"password": " ".join(error.messages)}) from error
    person.set_password(password)


def _locked(person: User) -> User:
    """The row as it is now, until the end of the transaction."""
    rows = User.objects.select_for_update(of=("self",)).select_related("tenant")
    found = rows.filter(pk=person.pk).first()
    if found is None:
        raise NotFoundError
    return found


def _require_changeable(actor: User | None, person: User) -> None:
    _require_manager(actor, person.tenant_id)
    require_outranks(actor, person)


@transaction.atomic
def change_person(
    *,
    actor: User | None,
    person: User,
    email: str,
    first_name: str,
    last_name: str,
    job_title: str,
    language: str | None = None,
    seen: str | None = None,
) -> User:
    """Change a profile. A new address is under the same rules as that of a new account; links that were sent to the old
    one open nothing any more. Of a directory's person only the language is kept here.

    Refused about somebody who holds rights that the actor does not, and when it stands otherwise than when it was
    `seen`.
    """
    _require_changeable(actor, person)
    row = _locked(person)
    require_unchanged(selectors.profile_state(row), seen)
    profile = Profile(email, first_name, last_name, job_title).cleaned()
    if profile.email != row.email:
        require_in_person(actor)  # it is what they sign in with, and where their link goes
    if row.directory_oid and any(getattr(row, name) != getattr(profile, name) for name in KEPT):
        raise DirectoryKeepsError
    if not row.directory_oid:
        _require_well(Rules(_tenant(row), [profile.email]), profile, row)
    wanted = {name: getattr(profile, name) for name in KEPT}
    if language is not None:
        wanted["language"] = language
    return _change(actor, row, wanted)


def _tenant(person: User) -> Tenant:
    if person.tenant is None:
        raise NotFoundError
    return person.tenant


def _change(actor: User | None, row: User, wanted: Mapping[str, str]) -> User:
    old = audit.state_of(row, *wanted)
    for name, value in wanted.items():
        setattr(row, name, value)
    try:
        with transaction.atomic():
            row.save(update_fields=list(wanted))
    except IntegrityError as error:
        raise NameTakenError(fields={"email": str(Problem.TAKEN.label)}) from error
    audit.record(
        actor=actor,
        tenant=_tenant(row),
        act=Act.CHANGED,
        target=row,
        old=old,
        new=audit.state_of(row, *wanted),
    )
    return row


@transaction.atomic
def rename_people(*, actor: User | None, tenant: Tenant, profiles: Mapping[User, Profile]) -> None:
    """Give many local accounts of one tenant new names and job titles, all or, if one is refused, none."""
    _require_manager(actor, tenant.pk)
    rules = Rules(tenant, [])
    administrators = set(selectors.administrators_of(tenant.pk).values_list("pk", flat=True))
    changes = []
    for person, profile in profiles.items():
        if person.tenant_id != tenant.pk:
            raise NotAllowedError
        if person.directory_oid:
            raise DirectoryKeepsError
        if person.pk in administrators:
            require_outranks(actor, person)
        cleaned = profile.cleaned()
        _require_well(rules, cleaned, person)
        old = audit.state_of(person, *NAMES)
        for name in NAMES:
            setattr(person, name, getattr(cleaned, name))
        new = audit.state_of(person, *NAMES)
        changes.append(audit.Change(Act.CHANGED, person, old, new))
    User.objects.bulk_update(profiles, NAMES, batch_size=_AT_ONCE)
    audit.record_all(actor=actor, tenant=tenant, changes=changes)


@transaction.atomic
def disable_person(*, actor: User, person: User) -> None:
    """Sign the person out everywhere, for good, and end what they have running. Nobody disables themselves, somebody
    who outranks them, or the last full administrator."""
    require_permission(actor, MANAGE)
    if person.tenant_id != actor.tenant_id or person.tenant_id is None:
        raise NotAllowedError
    require_outranks(actor, person)
    require_not_last(person)
    if person.pk == actor.pk:
        raise OneselfError
    if not User.objects.filter(pk=person.pk, is_active=True).update(is_active=False):
        return
    end_sign_ins(person)
    announce_ground_change(person.tenant_id)
    audit.record(actor=actor, tenant=selectors.tenant_of(actor), act=Act.DISABLED, target=person)


def end_sign_ins(person: User) -> None:
    """Sign the person out of every browser and device app. A cookie of theirs opens nothing, even once they are
    enabled again."""
    for session in UserSession.objects.filter(user=person):
        session.end()
    revoke_tokens_of(person)


@transaction.atomic
def enable_person(*, actor: User, person: User) -> None:
    """Let a disabled person sign in again, with the password, groups and rights that they had."""
    require_permission(actor, MANAGE)
    if person.tenant_id != actor.tenant_id or person.tenant_id is None:
        raise NotAllowedError
    require_outranks(actor, person)
    if User.objects.filter(pk=person.pk, is_active=False).update(is_active=True):
        announce_ground_change(person.tenant_id)
        audit.record(actor=actor, tenant=selectors.tenant_of(actor), act=Act.ENABLED, target=person)


@transaction.atomic
def issue_sign_in_link(*, actor: User, person: User) -> str:
    """The path of the page on which the person sets their password, once; for who passes it on by hand.

    Whoever has it can be this person, so nobody gets that of somebody who outranks them, and it is written down.
    """
    require_in_person(actor)
    _require_changeable(actor, person)
    path = one_time_link_path(person)
    audit.record(actor=actor, tenant=selectors.tenant_of(actor), act=Act.LINKED, target=person)
    return path


@transaction.atomic
def mail_sign_in_link(*, actor: User, person: User) -> None:
    """Mail that link to the person, in their language. A mail that cannot be handed over is refused, and no entry."""
    path = issue_sign_in_link(actor=actor, person=person)
    try:
        notices.mail_sign_in_link(person, path)
    except (OSError, SMTPException) as error:
        raise MailNotSentError from error


def set_language(*, person: User, language: str) -> None:
    """Remember the language that the person chose; the caller has checked that it is one of ours."""
    User.objects.filter(pk=person.pk).update(language=language)
