"""The public methods by their names on the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from portal.desk.calls import Call
from portal.desk.formats import Answer
from portal.desk.methods import customer, forums, kb, request, util

METHODS: Mapping[str, Callable[[Call], Answer]] = {
    "version": util.version,
    "customer.getRequests": customer.get_requests,
    "request.create": request.create,
    "request.update": request.update,
    "request.get": request.get,
    "request.getCategories": request.get_categories,
    "request.getCustomFields": request.get_custom_fields,
    "forums.list": forums.list_forums,
    "forums.get": forums.get,
    "forums.getTopics": forums.get_topics,
    "forums.getPosts": forums.get_posts,
    "forums.createTopic": forums.create_topic,
    "forums.createPost": forums.create_post,
    "forums.search": forums.search,
    "kb.list": kb.list_books,
    "kb.get": kb.get,
    "kb.getBookTOC": kb.get_book_toc,
    "kb.getPage": kb.get_page,
    "kb.search": kb.search,
    "kb.voteHelpful": kb.vote_helpful,
    "kb.voteNotHelpful": kb.vote_not_helpful,
    "util.getFieldLabels": util.get_field_labels,
}
