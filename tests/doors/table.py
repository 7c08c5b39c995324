"""Every door of the product, and how it answers whom. `tests/house/test_permissions_everywhere.py` keeps it whole.

A row says what is asked for and the status that each of seven people gets. The two who are in the session are Hanna
(helper) and Sam (sharer); Otto is a helper of the same tenant, Ada its administrator, Mallory of another
tenant; the operator runs the site; nobody is not signed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from apps.common.clock import now

ACTORS = ("hanna", "sam", "otto", "ada", "mallory", "operator", "nobody")

# To the sign-in page, or to the Django admin.
AWAY = 302


@dataclass(frozen=True)
class Door:
    """One method of one address, as it answers each of `ACTORS`, in their order."""

    method: str
    name: str
    answers: tuple[int, int, int, int, int, int, int]
    # What the address names: a session prepared so, "picture" (of Sam), "token" (an enrolment token of
    # Contoso), "invitation" (a session of Hanna's that waits for Sam's laptop), "laptop"
    # (Sam's, in the address or in the body), "sam" himself, "view" (a view of devices that Ada shares), "policy" (a compliance policy of Contoso), "client" (an API client of Ada's), "pair" and "sharer" (Hanna and Sam, in the query), or
    # nothing.
    of: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    # Asked by the device app: with the person's token and the proof of a device of theirs ("device"), or of
    # one that nobody knows yet ("key").
    by_app: str = ""

    @property
    def is_api(self) -> bool:
        return self.name.startswith("api:")

    def __str__(self) -> str:
        return f"{self.method} {self.name}"


def _page(method: str, name: str, of: str, hanna: int, sam: int, **body: Any) -> Door:
    """A page of one session: it is there for its two people and for nobody else."""
    return Door(method, f"help_sessions:{name}", (hanna, sam, 404, 404, 404, AWAY, AWAY), of, body)


def _api(method: str, name: str, of: str, hanna: int, sam: int, **body: Any) -> Door:
    return Door(method, f"api:{name}", (hanna, sam, 404, 404, 404, 403, 401), of, body)


# A page, and an address of the API, for administrators of Contoso alone.
ADMIN = (403, 403, 403, 200, 403, AWAY, AWAY)
ADMIN_DOES = (403, 403, 403, AWAY, 403, AWAY, AWAY)
API_ADMIN_MAKES = (403, 403, 403, 201, 403, 403, 401)
API_ADMIN_ENDS = (403, 403, 403, 204, 403, 403, 401)
API_ADMIN = (403, 403, 403, 200, 403, 403, 401)

NEW_PERSON = {"email": "new@contoso.example", "last_name": "New"}
# What even an administrator does only after having shown anew who they are; tests/api walks that.
API_NOBODY = (403, 403, 403, 403, 403, 403, 401)

NEW_ROLE = {"name": "Looks on", "actions": ["view_screen"]}
NEW_POLICY = {"name": "Encrypted", "rule": "disk_encrypted", "covers_all_devices": True}
NEW_LICENSE = {"product": "remote_help", "terms": "bought", "quantity": 5}
NEXT_MONTH = (now() + timedelta(days=30)).isoformat()
NEW_TOKEN = {"name": "Warehouse", "expires_at": NEXT_MONTH}
NEW_CLIENT_FORM = {"name": "Inventory", "scopes": ["tenants.manage_devices"], "days": "30"}
NEW_CLIENT = {
    "name": "Inventory",
    "scopes": ["tenants.manage_devices"],
    "expires_at": NEXT_MONTH,
}

DOORS = (
    # For everybody of a tenant.
    Door("GET", "home", (200, 200, 200, 200, 200, AWAY, AWAY)),
    Door("GET", "help_sessions:give", (200, 200, 200, 200, 200, AWAY, AWAY)),
    Door("GET", "help_sessions:get", (200, 200, 200, 200, 200, AWAY, AWAY)),
    Door("GET", "help_sessions:device_log", (200, 200, 200, 200, 200, AWAY, AWAY)),
    # Only who has a role gets a code.
    Door("POST", "help_sessions:open", (200, 403, 200, 403, 200, AWAY, AWAY)),
    # The code of Hanna's waiting session: her own is refused, Otto and Ada are not in her scope, and for
    # Mallory it is one that does not exist.
    Door("POST", "help_sessions:redeem", (409, AWAY, 403, 403, 404, AWAY, AWAY), "code"),
    _page("GET", "session", "active", 200, 200),
    _page("GET", "panel", "active", 200, 200),
    _page("POST", "new_code", "waiting", 200, 404),
    _page("POST", "request_kind", "introduced", AWAY, 409, kind="view_screen"),
    _page("POST", "allow", "requested", 409, AWAY, kind="view_screen"),
    # The session of the table is view only, which has no elevation.
    _page("POST", "ask_elevation", "active", 409, 409),
    _page("POST", "decline", "requested", 409, AWAY),
    _page("POST", "leave", "active", AWAY, AWAY),
    Door("GET", "reports:sessions", (200, 200, 200, 200, 200, AWAY, AWAY)),
    Door("GET", "reports:retention", ADMIN),
    Door("GET", "reports:session", (200, 200, 404, 200, 404, AWAY, AWAY), "active"),
    # Devices: a helper finds those in reach, an administrator all; to Otto and Mallory, and to Sam himself, who has
    # no role, there is no laptop of Sam's. Ada may manage it, and helps nobody.
    Door("GET", "devices:devices", (200, 200, 200, 200, 200, AWAY, AWAY)),
    Door("GET", "help_sessions:device", (200, 404, 404, 200, 404, AWAY, AWAY), "laptop"),
    Door("POST", "help_sessions:open_on_device", (200, 404, 404, 403, 404, AWAY, AWAY), "laptop"),
    Door("GET", "devices:export", (200, 200, 200, 200, 200, AWAY, AWAY), "csv"),
    Door("GET", "help_sessions:remove_device", ADMIN, "laptop"),
    Door("POST", "help_sessions:remove_device", ADMIN_DOES, "laptop"),
    Door("GET", "devices:change", ADMIN, "laptop"),
    Door("POST", "devices:change", ADMIN_DOES, "laptop", {"note": "On loan"}),
    Door("POST", "devices:bulk", ADMIN_DOES, "laptop_in_form", {"act": "group"}),
    # Everybody keeps views of their own; Ada's shared one is for all of Contoso to use, and hers to change.
    Door("GET", "devices:views", (200, 200, 200, 200, 200, AWAY, AWAY)),
    Door(
        "POST",
        "devices:views",
        (AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, AWAY),
        body={"name": "Old", "query": "seen=not90"},
    ),
    Door("GET", "devices:change_view", (404, 404, 404, 200, 404, AWAY, AWAY), "view"),
    Door(
        "POST",
        "devices:change_view",
        (404, 404, 404, AWAY, 404, AWAY, AWAY),
        "view",
        {"name": "Older", "query": "seen=not90"},
    ),
    Door("GET", "devices:delete_view", (404, 404, 404, 200, 404, AWAY, AWAY), "view"),
    Door("POST", "devices:delete_view", (404, 404, 404, AWAY, 404, AWAY, AWAY), "view"),
    Door("POST", "devices:restore", (403, 403, 403, AWAY, 403, AWAY, AWAY), "laptop"),
    Door("GET", "devices:enrolment", (403, 403, 403, 200, 403, AWAY, AWAY)),
    Door(
        "POST",
        "devices:enrolment",
        (403, 403, 403, 200, 403, AWAY, AWAY),
        body={"name": "Warehouse", "days": "30", "uses": ""},
    ),
    Door("POST", "devices:revoke_token", (403, 403, 403, AWAY, 403, AWAY, AWAY), "token"),
    # The administration: each page for whoever holds its permission; Ada holds all.
    Door("GET", "overview", ADMIN),
    Door("POST", "administration:dismiss_setup", ADMIN_DOES),
    Door("GET", "administration:administrators", ADMIN),
    Door("GET", "administration:add_administrator", ADMIN),
    Door("GET", "administration:administrator", ADMIN, "sam"),
    Door(
        "POST",
        "administration:administrator",
        (403, 403, 403, AWAY, 403, AWAY, AWAY),
        "sam",
        {"rights": ["tenants.view_reports"]},
    ),
    Door("GET", "administration:audit", ADMIN),
    Door("GET", "administration:find_people", ADMIN),
    Door("GET", "administration:find_groups", ADMIN),
    Door("GET", "devices:find_devices", ADMIN),
    # About Hanna and Sam, as in the API below.
    Door("GET", "help_sessions:why", ADMIN, "pair"),
    Door("GET", "help_sessions:own_why", (200, 200, 200, 200, 404, AWAY, AWAY), "sharer"),
    Door("GET", "administration:api_clients", ADMIN),
    Door("GET", "administration:api_client", ADMIN, "client"),
    # Asks who it is first.
    Door("GET", "administration:new_api_client", ADMIN_DOES),
    Door("POST", "administration:new_api_client", ADMIN_DOES, body=NEW_CLIENT_FORM),
    Door("GET", "administration:rotate_api_client", ADMIN_DOES, "client"),
    Door("POST", "administration:rotate_api_client", ADMIN_DOES, "client", {"days": "30"}),
    Door("GET", "administration:revoke_api_client", ADMIN, "client"),
    Door("POST", "administration:revoke_api_client", ADMIN_DOES, "client"),
    Door("GET", "api:api_clients", API_ADMIN),
    Door("POST", "api:api_clients", API_NOBODY, body=NEW_CLIENT),
    Door("GET", "api:api_client", API_ADMIN, "client"),
    Door("POST", "api:rotate_api_client", API_NOBODY, "client"),
    Door("POST", "api:revoke_api_client", API_ADMIN, "client"),
    Door("GET", "administration:settings", ADMIN),
    Door(
        "POST",
        "administration:settings",
        (403, 403, 403, AWAY, 403, AWAY, AWAY),
        body={"is_remote_help_enabled": "on", "are_unenrolled_devices_allowed": "on"},
    ),
    Door("GET", "administration:domains", ADMIN),
    Door("POST", "administration:domains", ADMIN_DOES, body={"name": "contoso.org"}),
    Door("GET", "administration:domain_claim", ADMIN, "claim"),
    # There is no such record; the name server of the table knows none.
    Door("POST", "administration:domain_check", (403, 403, 403, 409, 403, AWAY, AWAY), "claim"),
    Door("POST", "administration:domain_withdraw", ADMIN_DOES, "claim"),
    Door("POST", "administration:domain_primary", ADMIN_DOES, "domain"),
    Door("GET", "administration:domain_remove", ADMIN, "domain"),
    Door("POST", "administration:domain_remove", ADMIN_DOES, "domain"),
    Door("GET", "api:settings", API_ADMIN),
    Door("PUT", "api:settings", API_ADMIN, body={"is_chat_enabled": False}),
    Door("POST", "api:preview_settings", API_ADMIN, body={"is_remote_help_enabled": False}),
    Door("GET", "api:administrators", API_ADMIN),
    Door("GET", "api:administrator", API_ADMIN, "sam"),
    Door("PUT", "api:administrator", API_ADMIN, "sam", {"rights": ["tenants.view_reports"]}),
    Door("GET", "api:audit", API_ADMIN),
    # The device app: the page is for people, the package for their installers, which have no sign-in. The table's
    # name is none that there is.
    Door("GET", "releases:get_app", (200, 200, 200, 200, 200, AWAY, AWAY)),
    Door("GET", "releases:package", (404,) * 7, "package"),
    # People.
    Door("GET", "tenants:organisation", (200,) * 7),
    Door("GET", "tenants:profile", (200, 200, 200, 200, 200, 200, AWAY)),
    Door("POST", "tenants:change_picture", (400, 400, 400, 400, 400, 400, AWAY)),
    Door("POST", "tenants:remove_picture", (302, 302, 302, 302, 302, 302, AWAY)),
    Door("GET", "tenants:picture", (200, 200, 200, 200, 404, 404, 404), "picture"),
    Door("POST", "tenants:language", (302,) * 7, body={"language": "de"}),
    # The API.
    Door("GET", "api:me", (200, 200, 200, 200, 200, 403, 401)),
    # About Hanna and Sam: of others only who manages the roles asks; of oneself everybody of the tenant.
    Door("GET", "api:why", API_ADMIN, "pair"),
    Door("GET", "api:own_why", (200, 200, 200, 200, 404, 403, 401), "sharer"),
    Door("GET", "api:sessions", (200, 200, 200, 200, 200, 403, 401)),
    Door("POST", "api:sessions", (201, 403, 201, 403, 201, 403, 401)),
    # The same for one device; named in the body, so that it is no row of what does not exist.
    Door("POST", "api:sessions", (201, 404, 404, 403, 404, 403, 401), "laptop_in_body"),
    Door("POST", "api:redeem", (409, 200, 403, 403, 404, 403, 401), "code"),
    _api("GET", "session", "active", 200, 200),
    _api("POST", "new_code", "waiting", 201, 404),
    _api("POST", "request_kind", "introduced", 200, 409, kind="view_screen"),
    _api("POST", "allow", "requested", 409, 200, kind="view_screen"),
    _api("POST", "decline", "requested", 409, 200),
    _api("POST", "leave", "active", 200, 200),
    _api("POST", "ask_elevation", "active_control", 200, 409),
    _api("POST", "grant_elevation", "elevation_asked", 409, 200),
    _api("POST", "refuse_elevation", "elevation_asked", 409, 200),
    _api("POST", "revoke_elevation", "elevation_granted", 409, 200),
    # Devices. Unenrolled ones are allowed in both tenants; an operator's app has no token that counts.
    Door("GET", "api:app_versions", (200, 200, 200, 200, 200, 403, 401)),
    Door("POST", "api:register_device", (200, 200, 200, 200, 200, 401, 401), by_app="key"),
    Door("POST", "api:enrol_device", (200, 200, 200, 200, 404, 401, 401), "token", by_app="key"),
    Door("POST", "api:report_device", (200, 200, 200, 200, 200, 401, 401), by_app="device"),
    # Only the person on the device that the session is aimed at finds it.
    Door("GET", "api:invitations", (200, 200, 200, 200, 200, 401, 401), by_app="device"),
    Door(
        "POST",
        "api:join",
        (404, 200, 404, 404, 404, 401, 401),
        "invitation",
        {"app_version": "1.4.0"},
        by_app="device",
    ),
    Door(
        "POST",
        "api:decline_invitation",
        (404, 200, 404, 404, 404, 401, 401),
        "invitation",
        by_app="device",
    ),
    Door("GET", "api:enrolment_tokens", API_ADMIN),
    Door("POST", "api:enrolment_tokens", (403, 403, 403, 201, 403, 403, 401), body=NEW_TOKEN),
    Door("POST", "api:revoke_enrolment_token", API_ADMIN, "token"),
    Door("GET", "api:devices", API_ADMIN),
    Door("GET", "api:device", API_ADMIN, "laptop"),
    Door("PUT", "api:device", API_ADMIN, "laptop", {"note": "On loan", "groups": []}),
    Door("POST", "api:remove_device", API_ADMIN, "laptop"),
    Door("POST", "api:restore_device", API_ADMIN, "laptop"),
    Door("POST", "api:add_devices_to_group", API_ADMIN, "devices_and_group"),
    Door("POST", "api:preview_devices_to_group", API_ADMIN, "devices_and_group"),
    Door("POST", "api:preview_device", API_ADMIN, "laptop", {"note": "", "groups": []}),
    Door("GET", "api:device_views", API_ADMIN),
    Door(
        "POST",
        "api:device_views",
        (403, 403, 403, 201, 403, 403, 401),
        body={"name": "Old", "query": {"seen": "not90"}},
    ),
    Door("GET", "api:device_view", API_ADMIN, "view"),
    Door("PUT", "api:device_view", API_ADMIN, "view", {"name": "Old", "query": {}}),
    Door("DELETE", "api:device_view", (403, 403, 403, 204, 403, 403, 401), "view"),
    # Compliance policies, for who may manage devices.
    Door("GET", "devices:policies", ADMIN),
    Door("GET", "devices:new_policy", ADMIN),
    Door("POST", "devices:new_policy", ADMIN_DOES, body=NEW_POLICY),
    Door("GET", "devices:policy", ADMIN, "policy"),
    Door("GET", "devices:change_policy", ADMIN, "policy"),
    Door("POST", "devices:change_policy", ADMIN_DOES, "policy", {**NEW_POLICY, "name": "Other"}),
    Door("GET", "devices:delete_policy", ADMIN, "policy"),
    Door("POST", "devices:delete_policy", ADMIN_DOES, "policy"),
    Door("POST", "devices:ask_policy_again", ADMIN_DOES, "policy"),
    Door("GET", "api:compliance_policies", API_ADMIN),
    Door("POST", "api:compliance_policies", (403, 403, 403, 201, 403, 403, 401), body=NEW_POLICY),
    Door("POST", "api:preview_new_compliance_policy", API_ADMIN, body=NEW_POLICY),
    Door("GET", "api:compliance_policy", API_ADMIN, "policy"),
    Door("PUT", "api:compliance_policy", API_ADMIN, "policy", {**NEW_POLICY, "name": "Other"}),
    Door("DELETE", "api:compliance_policy", (403, 403, 403, 204, 403, 403, 401), "policy"),
    Door("POST", "api:preview_compliance_policy", API_ADMIN, "policy", NEW_POLICY),
    Door("GET", "api:preview_compliance_policy_removal", API_ADMIN, "policy"),
    Door("POST", "api:evaluate_compliance_policy", (403, 403, 403, 202, 403, 403, 401), "policy"),
    # People and groups, for who may manage them. Sam's group is one that he is in.
    Door("GET", "directory:people", ADMIN),
    Door("GET", "directory:new_person", ADMIN),
    Door("POST", "directory:new_person", ADMIN_DOES, body=NEW_PERSON),
    Door("GET", "directory:person", ADMIN, "sam"),
    Door("GET", "directory:person_change", ADMIN, "sam"),
    Door("POST", "directory:person_change", ADMIN_DOES, "sam", NEW_PERSON),
    Door("GET", "directory:person_disable", ADMIN, "sam"),
    Door("POST", "directory:person_disable", ADMIN_DOES, "sam"),
    Door("POST", "directory:person_enable", ADMIN_DOES, "sam"),
    Door("POST", "directory:person_link", ADMIN_DOES, "sam"),
    Door("POST", "directory:person_picture", (403, 403, 403, 400, 403, AWAY, AWAY), "sam"),
    Door("POST", "directory:person_picture_remove", ADMIN_DOES, "picture"),
    Door("GET", "directory:imports", ADMIN),
    Door("POST", "directory:imports", (403, 403, 403, 400, 403, AWAY, AWAY)),
    Door("GET", "directory:import_template", ADMIN),
    Door("GET", "directory:import", ADMIN, "import"),
    Door("POST", "directory:import_apply", ADMIN_DOES, "import"),
    Door("POST", "directory:import_drop", ADMIN_DOES, "import"),
    Door("GET", "directory:groups", ADMIN),
    Door("GET", "directory:new_group", ADMIN),
    Door("POST", "directory:new_group", ADMIN_DOES, body={"name": "New"}),
    Door("GET", "directory:group", ADMIN, "group"),
    Door("GET", "directory:group_change", ADMIN, "group"),
    Door("POST", "directory:group_change", ADMIN_DOES, "group", {"name": "Other"}),
    Door("GET", "directory:group_delete", ADMIN, "group"),
    Door("POST", "directory:group_delete", ADMIN_DOES, "group"),
    Door("GET", "directory:group_people", ADMIN, "group"),
    Door("GET", "directory:group_add_people", ADMIN, "group"),
    Door("POST", "directory:group_change_people", ADMIN, "group_and_sam", {"act": "remove"}),
    Door("GET", "directory:group_devices", ADMIN, "group"),
    Door("GET", "directory:group_add_devices", ADMIN, "group"),
    Door("POST", "directory:group_change_devices", ADMIN_DOES, "group"),
    # Roles and role assignments, for who may manage them.
    # Licences of Contoso; "seat" is a licence and its one seat, Sam's.
    Door("GET", "licenses:licenses", ADMIN),
    Door("GET", "licenses:order", ADMIN),
    Door("POST", "licenses:order", ADMIN_DOES, body=NEW_LICENSE),
    Door("GET", "licenses:lacking", ADMIN),
    Door("POST", "licenses:lacking", ADMIN_DOES, "license_for_sam"),
    Door("GET", "licenses:license", ADMIN, "license"),
    Door("GET", "licenses:change", ADMIN, "license"),
    Door("POST", "licenses:change", ADMIN_DOES, "license", {"quantity": "9"}),
    Door("GET", "licenses:cancel", ADMIN, "license"),
    Door("POST", "licenses:cancel", ADMIN_DOES, "license"),
    Door("GET", "licenses:give_people", ADMIN, "license"),
    Door("POST", "licenses:give_people", ADMIN_DOES, "license", {"people": "sam"}),
    Door("GET", "licenses:give_groups", ADMIN, "license"),
    Door("POST", "licenses:give_groups", ADMIN_DOES, "license", {"groups": "everyone"}),
    Door("GET", "licenses:take_away", ADMIN, "seat"),
    Door("POST", "licenses:take_away", ADMIN_DOES, "seat"),
    Door("GET", "api:licenses", API_ADMIN),
    Door("POST", "api:licenses", (403, 403, 403, 201, 403, 403, 401), body=NEW_LICENSE),
    Door("GET", "api:license", API_ADMIN, "license"),
    Door("PUT", "api:license", API_ADMIN, "license", {"quantity": 9, "ends_at": NEXT_MONTH}),
    Door("POST", "api:cancel_license", API_ADMIN, "license"),
    Door("GET", "api:preview_license_cancellation", API_ADMIN, "license"),
    Door("GET", "api:seats", API_ADMIN, "license"),
    Door("POST", "api:seats", API_ADMIN, "license"),
    Door("GET", "api:preview_seat_removal", API_ADMIN, "seat"),
    Door("PUT", "api:seat_of_person", API_ADMIN, "license_and_sam"),
    Door("DELETE", "api:seat_of_person", (403, 403, 403, 204, 403, 403, 401), "seat_of_sam"),
    Door("PUT", "api:seat_of_group", API_ADMIN, "license_and_everyone"),
    Door(
        "DELETE", "api:seat_of_group", (403, 403, 403, 204, 403, 403, 401), "license_and_everyone"
    ),
    Door("GET", "api:people_without_license", API_ADMIN),
    Door("GET", "roles:roles", ADMIN),
    Door("GET", "roles:roles_by_permission", ADMIN),
    Door("GET", "roles:new_role", ADMIN),
    Door("POST", "roles:new_role", ADMIN_DOES, body={"name": "Looks on", "view_screen": "on"}),
    Door("GET", "roles:role", ADMIN, "role"),
    Door("GET", "roles:change_role", ADMIN, "role"),
    Door("POST", "roles:change_role", ADMIN_DOES, "role", {"name": "Other", "view_screen": "on"}),
    Door("GET", "roles:duplicate_role", ADMIN, "role"),
    Door("POST", "roles:duplicate_role", ADMIN_DOES, "role", {"name": "Ours"}),
    Door("GET", "roles:delete_role", ADMIN, "role"),
    Door("POST", "roles:delete_role", ADMIN_DOES, "role"),
    Door("GET", "roles:assignments", ADMIN),
    Door("GET", "roles:begin_assignment", ADMIN_DOES),
    Door("GET", "roles:assignment", ADMIN, "assignment"),
    Door("GET", "roles:assignment_change", ADMIN, "assignment"),
    Door("POST", "roles:assignment_change", ADMIN_DOES, "assignment"),
    Door("GET", "roles:assignment_duplicate", ADMIN_DOES, "assignment"),
    Door("GET", "roles:assignment_delete", ADMIN, "assignment"),
    Door("POST", "roles:assignment_delete", ADMIN_DOES, "assignment"),
    Door("GET", "roles:own_permissions", (200, 200, 200, 200, 200, AWAY, AWAY)),
    Door("GET", "roles:permissions_of", ADMIN, "sam"),
    Door("GET", "api:roles", API_ADMIN),
    Door("POST", "api:roles", (403, 403, 403, 201, 403, 403, 401), body=NEW_ROLE),
    Door("GET", "api:role", API_ADMIN, "role"),
    Door("PUT", "api:role", API_ADMIN, "role", NEW_ROLE),
    Door("DELETE", "api:role", (403, 403, 403, 204, 403, 403, 401), "role"),
    Door("POST", "api:duplicate_role", (403, 403, 403, 201, 403, 403, 401), "role"),
    Door(
        "POST",
        "api:preview_role",
        API_ADMIN,
        "role",
        {"actions": ["full_control"]},
    ),
    Door("GET", "api:role_assignments", API_ADMIN),
    Door("POST", "api:role_assignments", (403, 403, 403, 201, 403, 403, 401), "new_assignment"),
    Door(
        "POST",
        "api:preview_new_role_assignment",
        API_ADMIN,
        "new_assignment",
    ),
    Door("GET", "api:role_assignment", API_ADMIN, "assignment"),
    Door("PUT", "api:role_assignment", API_ADMIN, "assignment"),
    Door("DELETE", "api:role_assignment", (403, 403, 403, 204, 403, 403, 401), "assignment"),
    Door("POST", "api:preview_role_assignment", API_ADMIN, "assignment"),
    Door(
        "GET",
        "api:preview_role_assignment_removal",
        API_ADMIN,
        "assignment",
    ),
    Door("GET", "api:own_permissions", (200, 200, 200, 200, 200, 403, 401)),
    Door("GET", "api:permissions_of", API_ADMIN, "sam"),
    # The directory and the domains.
    Door("GET", "api:people", API_ADMIN),
    Door("POST", "api:people", API_ADMIN_MAKES, body=NEW_PERSON),
    Door("GET", "api:person", API_ADMIN, "sam"),
    Door("PUT", "api:person", API_ADMIN, "sam", NEW_PERSON),
    Door("POST", "api:disable_person", API_ADMIN, "sam"),
    Door("POST", "api:enable_person", API_ADMIN, "sam"),
    Door("POST", "api:mail_sign_in_link", API_ADMIN_ENDS, "sam"),
    Door("GET", "api:groups", API_ADMIN),
    Door("POST", "api:groups", API_ADMIN_MAKES, body={"name": "New"}),
    Door("GET", "api:group", API_ADMIN, "group"),
    Door("PUT", "api:group", API_ADMIN, "group", {"name": "Other"}),
    Door("DELETE", "api:group", API_ADMIN_ENDS, "group"),
    Door("GET", "api:group_uses", API_ADMIN, "group"),
    Door("GET", "api:preview_group_removal", API_ADMIN, "group"),
    Door("GET", "api:group_people", API_ADMIN, "group"),
    Door("POST", "api:group_people", API_ADMIN, "group", {"add": []}),
    Door("POST", "api:preview_group_people", API_ADMIN, "group", {"add": []}),
    Door("GET", "api:group_devices", API_ADMIN, "group"),
    Door("POST", "api:group_devices", API_ADMIN, "group", {"add": []}),
    Door("POST", "api:preview_group_devices", API_ADMIN, "group", {"add": []}),
    Door("POST", "api:imports", API_ADMIN_MAKES, body={"csv": "email\nsam@contoso.example\n"}),
    Door("GET", "api:import", API_ADMIN, "import"),
    Door("DELETE", "api:import", API_ADMIN_ENDS, "import"),
    Door("POST", "api:apply_import", API_ADMIN, "import"),
    Door("GET", "api:domains", API_ADMIN),
    Door("POST", "api:domains", API_ADMIN_MAKES, body={"name": "contoso.org"}),
    Door("GET", "api:domain_claim", API_ADMIN, "claim"),
    Door("DELETE", "api:domain_claim", API_ADMIN_ENDS, "claim"),
    Door("POST", "api:check_domain", (403, 403, 403, 409, 403, 403, 401), "claim"),
    Door("GET", "api:domain", API_ADMIN, "domain"),
    Door("DELETE", "api:domain", API_ADMIN_ENDS, "domain"),
    Door("POST", "api:primary_domain", API_ADMIN, "domain"),
    Door("GET", "api_docs:schema", (200, 200, 200, 200, 200, 200, 401)),
    Door("GET", "api_docs:docs", (200, 200, 200, 200, 200, 200, AWAY)),
    # For machines: whether the site is well says nothing about anybody.
    Door("GET", "probes:healthz", (200,) * 7),
    Door("GET", "probes:reach", (200,) * 7),  # addresses of servers, and nothing that opens them
    Door("GET", "probes:metrics", (404,) * 7),  # without the token
)

# Whether the handshake is accepted, in the order of `ACTORS`: at the session of Hanna and Sam, and, each in the app on
# an enrolled device of their own, at the device's socket.
SOCKETS = {
    "session_socket": (True, True, False, False, False, False, False),
    "device_socket": (True, True, True, True, True, False, False),
}

# Routes without a row, each with the reason. A name, or a prefix that ends with a colon or a star.
EXEMPT = {
    "roles:new_assignment": "A draft in the sign-in of the person who asks; tests/roles walks the wizard.",
    "admin:*": "Django admin: tests/admin asks each model's pages as operator, as staff and as neither.",
    "tenants:admin_sign_in": "The sign-in of the Django admin; tests/tenants walks it.",
    "tenants:closed_*": "Doors of allauth that are walled up: 404 to everybody, asked below.",
    "account_*": "allauth's own pages about the person who asks; tests/tenants walks those in use.",
    "mfa_*": "allauth's own pages about the second factor of the person who asks.",
    "usersessions_list": "allauth's list of where the person who asks is signed in.",
    "socialaccount_*": "allauth's landing pages of a sign-in at an organisation.",
    "openid_connect_*": "The way to and from the organisation's sign-in; tests/tenants walks it.",
    "unnamed:accounts/social/*": "Old addresses of the same landing pages; two of them are walled up.",
    "idp:oidc:*": "The sign-in of the device app; tests/tenants walks it as person, operator and nobody.",
    "api:nothing_here": "Whatever else is under /api/v1/: 404 to who is signed in; tests/api asks it.",
}
