from django.db import migrations


def sortable(version):
    """As apps.common.versions had it when this was written."""
    parts = version.split(".")
    if len(parts) > 4 or not all(part.isascii() and part.isdigit() for part in parts):
        return ""
    numbers = [int(part) for part in parts]
    if not any(numbers) or max(numbers) > 99_999:
        return ""
    return ".".join(f"{number:05d}" for number in (*numbers, 0, 0, 0)[:4])


def fill(apps, schema_editor):
    # A statement for each version, of which there are few.
    devices = apps.get_model("devices", "Device").objects.order_by()
    for version in list(devices.values_list("app_version", flat=True).distinct()):
        if key := sortable(version):
            devices.filter(app_version=version).update(app_version_key=key)


class Migration(migrations.Migration):
    dependencies = [("devices", "0004_compliance_and_views")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
