"""The one address of HelpSpot's own portal; what follows is in its query."""

from django.urls import path

from portal.legacy import views

app_name = "legacy"
urlpatterns = [
    path("", views.index, name="index"),
]
