"""A help desk of any size, whose documents are made up when they are asked for.

What is asked for often is kept; a slice of a hundred thousand topics costs no more than
a slice of ten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

KEY = "qwhbnv"
FIRST_REQUEST = 20_000
FIRST_POSTED = 1_790_000_000
DEFAULT_LENGTH = 25
MATCHES = 20
TEXT = (
    "The labels come out blank since the update, and so does the test page. "
    "We tried another roll and another cable, and it was the same with both. "
)
Parameters = Mapping[str, str]


@dataclass(frozen=True)
class Amounts:
    """How much of everything there is."""

    books: int
    chapters: int  # of each book
    pages: int  # of each chapter
    forums: int
    topics: int  # of each forum
    posts: int  # of each topic
    requests: int  # of the customer

    def __str__(self) -> str:
        return (
            f"{self.books * self.chapters * self.pages:,} guides in {self.books} "
            f"books, {self.forums * self.topics:,} topics, "
            f"{self.posts:,} posts in the topic, "
            f"{self.requests:,} requests of the customer"
        )


SIZES = {
    "small": Amounts(
        books=5, chapters=4, pages=5, forums=5, topics=200, posts=10, requests=10
    ),
    "large": Amounts(
        books=25,
        chapters=20,
        pages=20,
        forums=5,
        topics=20_000,
        posts=5000,
        requests=5000,
    ),
}


def answer(amounts: Amounts, parameters: Parameters) -> bytes | None:
    """Return the document of a method, None where the practice desk's will do."""
    make = _METHODS.get(parameters["method"])
    return make(amounts, parameters).encode() if make else None


def _kb_list(amounts: Amounts, parameters: Parameters) -> str:
    return _all("books", "book", map(_book, range(1, amounts.books + 1)))


def _kb_get(amounts: Amounts, parameters: Parameters) -> str:
    return _element("book", _book(int(parameters["xBook"])))


def _book(id_: int) -> str:
    return _fields(
        xBook=id_, sBookName=f"Manual {id_}", iOrder=id_, tDescription=TEXT[:70]
    )


def _toc(amounts: Amounts, parameters: Parameters) -> str:
    book = int(parameters["xBook"])
    chapters = []
    for number in range(1, amounts.chapters + 1):
        id_ = (book - 1) * amounts.chapters + number
        pages = [
            _kb_page((id_ - 1) * amounts.pages + place, id_, f"{number}.{place}.")
            for place in range(1, amounts.pages + 1)
        ]
        chapters.append(
            _fields(
                name=f"{number}. Chapter {id_}",
                xChapter=id_,
                sChapterName=f"Chapter {id_}",
                iOrder=number,
                fAppendix=0,
            )
            + _all("pages", "page", pages)
        )
    return _all("toc", "chapter", chapters)


def _kb_page(id_: int, chapter: int, number: str) -> str:
    # As many highlights at every size: home shows them.
    return _fields(
        name=f"{number} How to do thing {id_}",
        xPage=id_,
        xChapter=chapter,
        sPageName=f"How to do thing {id_}",
        iOrder=id_,
        fHighlight=int(id_ <= 5),
    ) + _all("tags", "tag", ["Labels", f"Tag {id_ % 50}"])


def _get_page(amounts: Amounts, parameters: Parameters) -> str:
    id_ = int(parameters["xPage"])
    body = "".join(f"<h2>Step {step}</h2><p>{TEXT * 3}</p>" for step in range(1, 6))
    chapter = (id_ - 1) // amounts.pages + 1
    page = _kb_page(id_, chapter, "1.1.") + _fields(tPage=body)
    return _element("page", page)


def _kb_search(amounts: Amounts, parameters: Parameters) -> str:
    return _all(
        "pages",
        "page",
        (
            _fields(
                link=f"?pg=kb.page&id={id_}",
                desc=TEXT,
                sBookName="Manual 1",
                sPageName=f"How to do thing {id_}",
                xPage=id_,
            )
            for id_ in range(1, MATCHES + 1)
        ),
    )


def _forums_list(amounts: Amounts, parameters: Parameters) -> str:
    return _all("forums", "forum", map(_forum, range(1, amounts.forums + 1)))


def _forums_get(amounts: Amounts, parameters: Parameters) -> str:
    return _element("forum", _forum(int(parameters["xForumId"])))


def _forum(id_: int) -> str:
    return _fields(
        xForumId=id_,
        sForumName=f"Forum {id_}",
        sDescription="Ideas from other owners",
        fClosed=0,
        iOrder=id_,
    )


def _get_topics(amounts: Amounts, parameters: Parameters) -> str:
    forum = int(parameters["xForumId"])
    start = int(parameters.get("start", 0))
    length = int(parameters.get("length", DEFAULT_LENGTH))
    newest = forum * amounts.topics
    last = newest - amounts.topics
    rows = range(newest - start, max(newest - start - length, last), -1)
    return _all(
        "topics",
        "topic",
        (
            _fields(
                xTopicId=id_,
                xForumId=forum,
                fClosed=0,
                fSticky=0,
                dtGMTPosted=FIRST_POSTED + id_,
                sName="Tomasz K.",
                sTopic=f"What about thing {id_}?",
                postcount=amounts.posts,
            )
            for id_ in rows
        ),
    )


def _get_posts(amounts: Amounts, parameters: Parameters) -> str:
    topic = int(parameters["xTopicId"])
    return _all(
        "posts",
        "post",
        (
            _fields(
                xPostId=topic * 10_000 + number,
                xTopicId=topic,
                dtGMTPosted=FIRST_POSTED + number,
                sName=f"Owner {number % 7}",
                sURL="",
                tPost=TEXT,
                sLabel="",
            )
            for number in range(1, amounts.posts + 1)
        ),
    )


def _forums_search(amounts: Amounts, parameters: Parameters) -> str:
    return _all(
        "topics",
        "topic",
        (
            _fields(
                link=f"?pg=forums.posts&id={id_}",
                desc=TEXT,
                sTopic=f"What about thing {id_}?",
                xTopicId=id_,
                sForumName="Forum 1",
                xForumId=1,
                dtGMTPosted=FIRST_POSTED + id_,
            )
            for id_ in range(1, MATCHES + 1)
        ),
    )


def _get_requests(amounts: Amounts, parameters: Parameters) -> str:
    return _all(
        "requests",
        "request",
        (
            _fields(
                xRequest=id_,
                fOpenedVia=6,
                fOpen=id_ % 2,
                xStatus=1,
                fUrgent=0,
                xCategory=1,
                dtGMTOpened=FIRST_POSTED + id_,
                sRequestPassword=KEY,
                sTitle=f"Thing {id_} does not work",
                sFirstName="Amal",
                sLastName="Haddad",
                sEmail="amal@example.com",
                sCategory="Printer problem",
                sStatus="Active",
                tNote=TEXT,
                fullname="Amal Haddad",
                accesskey=f"{id_}{KEY}",
            )
            for id_ in range(FIRST_REQUEST, FIRST_REQUEST + amounts.requests)
        ),
    )


def _element(name: str, content: str) -> str:
    return f"<{name}>{content}</{name}>"


def _all(name: str, item: str, contents: Iterable[str]) -> str:
    items = "".join(f"<{item}>{content}</{item}>" for content in contents)
    return f"<{name}>{items}</{name}>"


def _fields(**values: str | int) -> str:
    return "".join(
        f"<{name}>{escape(str(value))}</{name}>" for name, value in values.items()
    )


_METHODS: dict[str, Callable[[Amounts, Parameters], str]] = {
    "customer.getRequests": _get_requests,
    "forums.get": _forums_get,
    "forums.getPosts": _get_posts,
    "forums.getTopics": _get_topics,
    "forums.list": _forums_list,
    "forums.search": _forums_search,
    "kb.get": _kb_get,
    "kb.getBookTOC": _toc,
    "kb.getPage": _get_page,
    "kb.list": _kb_list,
    "kb.search": _kb_search,
}
