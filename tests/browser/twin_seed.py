"""Fills a production database for the two-process test, through the services, and prints the sign-ins as JSON."""

from __future__ import annotations

import json
import secrets
import sys
from datetime import timedelta

import django


def main() -> None:
    django.setup()
    from apps.licenses.models import Product
    from apps.licenses.services import assign_seat, order_license
    from apps.roles.services import assign_role, help_desk_operator
    from apps.tenants.services import create_group, create_person, create_tenant

    tenant = create_tenant(actor=None, name="Contoso Oy", domain="contoso.example")
    tenant.are_unenrolled_devices_allowed = True
    tenant.save()
    people = []
    for role, first, last in (("helper", "Hanna", "Korhonen"), ("sharer", "Sami", "Virtanen")):
        password = secrets.token_urlsafe(18)
        person = create_person(
            actor=None,
            tenant=tenant,
            email=f"{first}@contoso.example",
            first_name=first,
            last_name=last,
            password=password,
        )
        name = person.full_name
        people.append({"role": role, "sign_in": person.email, "password": password, "name": name})
    everyone = create_group(actor=None, tenant=tenant, name="Everyone", people=tenant.people.all())
    license_ = order_license(
        actor=None,
        tenant=tenant,
        product=Product.REMOTE_HELP,
        quantity=10,
        delay=timedelta(0),
    )
    assign_seat(actor=None, license_=license_, group=everyone)
    assign_role(
        actor=None,
        tenant=tenant,
        role=help_desk_operator(),
        name="Service desk",
        admin_groups=[everyone],
        covers_all_users=True,
    )
    json.dump(people, sys.stdout)


if __name__ == "__main__":
    main()
