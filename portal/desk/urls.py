"""The practice desk's addresses: its API, its files, its staff admin."""

from django.contrib import admin
from django.urls import path

from portal.desk import server

urlpatterns = [
    path("api/index.php", server.view, name="desk-api"),
    path("index.php", server.view, name="desk-files"),
    path("desk/", admin.site.urls),
]
