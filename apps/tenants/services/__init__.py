"""Every write to tenants and their people, by subject: organisations, administrators, people, pictures, sign-in."""

from apps.tenants.services.administrators import (
    LastAdministratorError,
    MoreThanOwnError,
    change_administration,
    grant_administration,
    require_not_last,
    require_outranks,
    require_permission,
    revoke_administration,
)
from apps.tenants.services.organisations import (
    SWITCHES,
    NameTakenError,
    change_settings,
    create_tenant,
    dismiss_setup,
    note_first_session,
)
from apps.tenants.services.people import (
    ForeignDomainError,
    create_group,
    create_person,
    disable_person,
    give_first_password,
    set_language,
)
from apps.tenants.services.pictures import (
    PICTURE_BYTES,
    PICTURE_EDGE,
    PICTURE_PIXELS,
    remove_picture,
    set_picture,
)
from apps.tenants.services.sign_in import (
    DirectoryAccountError,
    DirectoryRefusedError,
    PersonDisabledError,
    admit_from_directory,
    configure_organisation_sign_in,
    one_time_link_path,
    require_local_account,
)

__all__ = [
    "PICTURE_BYTES",
    "PICTURE_EDGE",
    "PICTURE_PIXELS",
    "SWITCHES",
    "DirectoryAccountError",
    "DirectoryRefusedError",
    "ForeignDomainError",
    "LastAdministratorError",
    "MoreThanOwnError",
    "NameTakenError",
    "PersonDisabledError",
    "admit_from_directory",
    "change_administration",
    "change_settings",
    "configure_organisation_sign_in",
    "create_group",
    "create_person",
    "create_tenant",
    "disable_person",
    "dismiss_setup",
    "give_first_password",
    "grant_administration",
    "note_first_session",
    "one_time_link_path",
    "remove_picture",
    "require_local_account",
    "require_not_last",
    "require_outranks",
    "require_permission",
    "revoke_administration",
    "set_language",
    "set_picture",
]
