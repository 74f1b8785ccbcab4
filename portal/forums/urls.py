"""The forums room's addresses."""

from django.urls import path

from portal.forums import views

app_name = "forums"
urlpatterns = [
    path("", views.index, name="index"),
    path("feed/", views.feed, name="feed"),
    path("<int:forum_id>/", views.forum_by_id, name="forum_by_id"),
    path("<int:forum_id>-<slug:slug>/", views.forum, name="forum"),
    path("<int:forum_id>-<slug:slug>/new/", views.new_topic, name="new_topic"),
    path(
        "<int:forum_id>-<slug:slug>/sent/<str:reference>/",
        views.topic_sent,
        name="topic_sent",
    ),
    path("<int:forum_id>-<slug:slug>/feed/", views.forum_feed, name="forum_feed"),
    path("topics/<int:topic_id>/", views.topic_by_id, name="topic_by_id"),
    path("topics/<int:topic_id>-<slug:slug>/", views.topic, name="topic"),
    path("topics/<int:topic_id>-<slug:slug>/reply/", views.reply, name="reply"),
    path(
        "topics/<int:topic_id>-<slug:slug>/sent/<str:reference>/",
        views.reply_sent,
        name="reply_sent",
    ),
    path(
        "topics/<int:topic_id>-<slug:slug>/feed/", views.topic_feed, name="topic_feed"
    ),
]
