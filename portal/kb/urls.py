"""The kb room's addresses."""

from django.urls import path

from portal.kb import views

app_name = "kb"
urlpatterns = [
    path("", views.index, name="index"),
    path("books/<int:book_id>/", views.book_by_id, name="book_by_id"),
    path("books/<int:book_id>-<slug:slug>/", views.book, name="book"),
    path("books/<int:book_id>-<slug:slug>.md", views.save_book, name="save_book"),
    path("books/<int:book_id>-<slug:slug>/print/", views.print_book, name="print_book"),
    path("chapters/<int:chapter_id>/", views.chapter_by_id, name="chapter_by_id"),
    path("pages/<int:page_id>/", views.page_by_id, name="page_by_id"),
    path("pages/<int:page_id>-<slug:slug>/", views.page, name="page"),
    path("pages/<int:page_id>-<slug:slug>.md", views.save_page, name="save_page"),
    path("pages/<int:page_id>/vote/", views.vote, name="vote"),
    path("pages/<int:page_id>/feedback/", views.feedback, name="feedback"),
    path("tags/", views.tags, name="tags"),
    path("tags/<path:tag>/", views.tag, name="tag"),
    path("files/<int:document_id>/", views.file, name="file"),
]
