"""Mail to people of a tenant, in their own language."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from apps.tenants.models import User


def mail_sign_in_link(person: User, path: str) -> None:
    """The link on which a person of a local account sets their password."""
    with override(person.language or settings.LANGUAGE_CODE):
        context = {
            "person": person,
            "company": person.tenant.name if person.tenant is not None else "",
            "url": str(settings.REMOTEHELP_URL).rstrip("/") + path,
            "days": settings.PASSWORD_RESET_TIMEOUT // (24 * 60 * 60),
        }
        body = render_to_string("tenants/email/sign_in_link.txt", context)
        send_mail(_("Your Remote Help account"), body, None, [person.email])
