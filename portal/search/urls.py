"""The search room's addresses."""

from django.urls import path

from portal.search import views

app_name = "search"
urlpatterns = [
    path("", views.index, name="index"),
    path("suggestions/", views.suggestions, name="suggestions"),
    path("answers/", views.answers, name="answers"),
    path("solved/", views.solved, name="solved"),
    path("missed/", views.missed, name="missed"),
]
