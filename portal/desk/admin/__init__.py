"""The practice desk's staff side: Django admin, for administrators and support staff.

Administrators are superusers. Support staff are in the group that the migration makes:
they work on requests, guides and forums, and see no settings or other accounts.
"""

from django.contrib import admin

from portal.desk.admin import customers, forums, guides, settings, tickets

__all__ = ["customers", "forums", "guides", "settings", "tickets"]

admin.site.site_header = admin.site.site_title = "Help desk"
admin.site.index_title = "Staff"
