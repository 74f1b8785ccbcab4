"""The operators' addresses that need no answer before Host is looked at."""

from django.urls import path

from portal.operations import views

app_name = "operations"
urlpatterns = [
    path("refresh/<str:token>/", views.refresh, name="refresh"),
]
