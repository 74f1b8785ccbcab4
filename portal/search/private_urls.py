"""The search room's address among the private ones."""

from django.urls import path

from portal.search import views

app_name = "found"
urlpatterns = [path("", views.own, name="own")]
