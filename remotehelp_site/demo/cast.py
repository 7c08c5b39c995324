"""Who plays in the demo: organisations, people and devices, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Company:
    name: str
    slug: str
    domain: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the demo. With a role they can sign in; without one they fill the lists."""

    key: str
    first_name: str
    last_name: str
    job_title: str
    role: str = ""
    has_picture: bool = False
    language: str = ""

    def email_at(self, company: Company) -> str:
        return f"{self.key}@{company.domain}"


@dataclass(frozen=True, slots=True)
class Machine:
    """A device: its owner's key, and what its policies found wrong."""

    name: str
    owner: str
    system: str
    system_version: str
    is_enrolled: bool = True
    app_version: str = "1.4.0"
    faults: tuple[str, ...] = ()


CONTOSO = Company("Contoso Oy", "contoso-oy", "contoso.example")
FABRIKAM = Company("Fabrikam", "fabrikam", "fabrikam.example")

CONTOSO_PEOPLE = (
    Person("hanna", "Hanna", "Korhonen", "Service desk specialist", "helper", True),
    Person("oskar", "Oskar", "Lindqvist", "Service desk trainee", "helper_view_only", True),
    Person("sami", "Sami", "Virtanen", "Accountant", "sharer", True),
    Person("aino", "Aino", "Laine", "IT manager", "tenant_admin", True),
    Person("petra", "Petra", "Nieminen", "Sales manager", "second_sharer", True),
    Person("ville", "Ville", "Heikkinen", "External auditor", "sharer_without_seat"),
    Person("jonas", "Jonas", "Bergström", "Senior service desk specialist"),
    Person("leena", "Leena", "Salonen", "Payroll clerk", has_picture=True),
    Person("mikko", "Mikko", "Rantanen", "Warehouse lead"),
    Person("elif", "Elif", "Yılmaz", "Product designer", has_picture=True),
    Person("tomas", "Tomáš", "Novák", "Field engineer"),
    Person("chiara", "Chiara", "Ricci", "Marketing planner"),
    Person("kenji", "Kenji", "Watanabe", "Purchasing manager"),
    Person("sofia", "Sofia", "Andersson", "Legal counsel"),
)
FABRIKAM_PEOPLE = (
    Person("mateo", "Mateo", "García", "IT support", "other_tenant_helper", True),
    Person("nora", "Nora", "Hansen", "Office manager", "other_tenant_sharer"),
    Person("paul", "Paul", "Dubois", "Workshop foreman"),
)
OPERATOR_EMAIL = "operator@remotehelp.example"
OPERATOR_NAMES = ("Olga", "Site-Operator")
OPERATOR_ROLE = "site_operator"

SERVICE_DESK = ("hanna", "jonas")
TRAINEES = ("oskar",)
WITHOUT_SEAT = ("ville",)

POLICIES = (
    # name, rule, value
    ("Disk encryption", "disk_encrypted", ""),
    ("Screen lock", "screen_lock", ""),
    ("Firewall", "firewall", ""),
    ("Recent updates", "update_age", "30"),
)
CONTOSO_MACHINES = (
    Machine("CON-LT-0114", "sami", "windows", "11 24H2"),
    Machine("CON-LT-0127", "petra", "windows", "11 24H2", faults=("Recent updates",)),
    Machine("CON-LT-0131", "leena", "windows", "11 23H2"),
    Machine("CON-LT-0140", "elif", "macos", "15.1"),
    Machine("CON-LT-0152", "tomas", "linux", "Debian 12", faults=("Disk encryption", "Firewall")),
    Machine("CON-LT-0160", "hanna", "linux", "Debian 12"),
    Machine("CON-WS-0007", "mikko", "linux", "Ubuntu 24.04", faults=("Screen lock",)),
    Machine("CON-WS-0012", "", "windows", "11 24H2"),
    Machine("CON-LT-0171", "sofia", "windows", "11 24H2", app_version="1.2.3"),
    Machine("kenji-home", "kenji", "windows", "11 Home", is_enrolled=False),
    Machine("Chiaras-MacBook", "chiara", "macos", "14.6", is_enrolled=False, app_version="1.3.0"),
)
FABRIKAM_MACHINES = (
    Machine("FAB-01", "nora", "windows", "11 24H2"),
    Machine("FAB-02", "paul", "linux", "Debian 12", faults=("Firewall",)),
)
