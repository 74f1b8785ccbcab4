"""The tickets room's addresses."""

from django.urls import path

from portal.tickets import feeds, my_data, receipts, staging, submitting, views

app_name = "tickets"
urlpatterns = [
    path("", views.index, name="index"),
    path("export/", views.export, name="export"),
    path("new/", submitting.submit, name="submit"),
    path("new/drill-down/<int:field_id>/", submitting.drill_down, name="drill_down"),
    path("files/", staging.stage, name="stage"),
    path("files/waiting/", staging.waiting, name="waiting"),
    path("sent/<str:reference>/", receipts.receipt, name="receipt"),
    path("sent/<str:reference>/text/", receipts.as_text, name="receipt_text"),
    path("sent/<str:reference>/json/", receipts.as_json, name="receipt_json"),
    path("check/", views.check, name="check"),
    # Django would lead on to the address with the slash for good: caches would keep it.
    path("open/<str:access_key>", views.open_by_key, name="open_by_key"),
    path("open/<str:access_key>/", views.open_by_key, name="open_by_key"),
    path("<int:ticket_id>/", views.detail, name="detail"),
    path("feed/<str:token>", feeds.read, name="feed"),
    path("feed/<str:token>/", feeds.read, name="feed"),
    path("data/", my_data.index, name="my_data"),
    path("data/zip/", my_data.download, name="my_data_zip"),
    path("data/delete/", my_data.delete, name="my_data_delete"),
    path("<int:ticket_id>/feed/", feeds.change, name="change_feed"),
    path("<int:ticket_id>/open/", views.open_known, name="open_known"),
    path("<int:ticket_id>/remember/", views.remember, name="remember"),
    path("<int:ticket_id>/updates/", views.updates, name="updates"),
    path("<int:ticket_id>/reply/", views.reply, name="reply"),
    path(
        "<int:ticket_id>/files/<int:document_id>/<str:filename>",
        views.file,
        name="file",
    ),
]
