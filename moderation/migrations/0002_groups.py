"""The groups Authors, Editors and Moderators with their permissions."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

WRITING = {
    "blog": ["add_essay", "change_essay", "publish_essay", "delete_essay", "view_essay", "add_tag", "change_tag", "view_tag",
             "add_image", "change_image", "delete_image", "view_image", "add_series", "change_series", "view_series",
             "add_authorship", "change_authorship", "delete_authorship", "view_authorship",
             "add_profile", "change_profile", "view_profile"],
    "comments": ["add_discussion", "change_discussion", "view_discussion"],
}  # fmt: skip
GROUPS = {
    "Authors": WRITING,
    "Editors": {**WRITING, "blog": [*WRITING["blog"], "change_others", "delete_tag", "delete_series", "view_redirect"]},
    "Moderators": {
        "comments": ["view_comment", "change_comment", "view_wording", "add_decision", "view_decision"],
        "blog": ["view_essay"],
    },
}


def make_groups(apps, schema_editor):
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name, permissions in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        for app, codenames in permissions.items():
            config = apps.get_app_config(app)
            config.models_module = True  # Django creates permissions after the last migration; we need them now
            create_permissions(config, apps=apps, verbosity=0)
            config.models_module = None
            group.permissions.add(*Permission.objects.filter(content_type__app_label=app, codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0001_initial"),
        ("comments", "0002_first_rows"),
        ("blog", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
