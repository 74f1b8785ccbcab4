"""Public pages, rendered once and then served as the bytes that came out.

A page is kept only where its view called it public: no cookie, nothing personal, the
same for everyone. It is served for as long as its own Cache-Control allows, with its
age; for some minutes more it is still served while one thread renders it again. However
many meet a page that is not there yet, one of them renders it. Each worker keeps its
own, the least read ones go first.
"""

from __future__ import annotations

import gzip
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import brotli
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags

from portal.brands import brand_for, generations
from portal.brands.flights import Flights
from portal.brands.generations import Generation
from portal.counts import Counter
from portal.http import is_public

GetResponse = Callable[[HttpRequest], HttpResponseBase]
Key = tuple[str, ...]

WAIT_SECONDS = 10.0
# What a page takes beside its bytes.
_PLACE_BYTES = 2000
# Django finds the view again for what is not kept.
_KEPT_PATHS = 500
ANSWERS = Counter(
    "portal_stored_pages",
    "Public pages by where they came from: fresh in the store (hit), old and rendered "
    "again behind (behind), in the store and known to the reader, so that 304 was all "
    "(unchanged), rendered while the reader waited (rendered).",
    ["outcome"],
)
_ANSWERS = {
    outcome: ANSWERS.labels(outcome)
    for outcome in ("hit", "behind", "unchanged", "rendered")
}
_S_MAXAGE = re.compile(r"\bs-maxage=(\d+)")
_MAX_AGE = re.compile(r"\bmax-age=(\d+)")
_BEHIND = re.compile(r"\bstale-while-revalidate=(\d+)")
# All that a public page can depend on.
_ENVIRON = (
    "HTTP_HOST",
    "HTTP_HX_REQUEST",
    "HTTP_HX_TARGET",
    "HTTP_X_FORWARDED_PROTO",
    "PATH_INFO",
    "QUERY_STRING",
    "SCRIPT_NAME",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "wsgi.url_scheme",
)
_KEPT_HEADERS_ON_304 = ("Cache-Control", "Vary")
_ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda content: brotli.compress(content, quality=5),
    "gzip": lambda content: gzip.compress(content, mtime=0),
    "": lambda content: content,
}
_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda content: content,
    "br": brotli.decompress,
    "gzip": gzip.decompress,
}


@dataclass
class StoredPage:
    """A rendered page; `variants` are its bytes by content encoding, as asked for.

    Nearly all readers take it compressed, so that the bytes as rendered, several times
    as many, are let go when it is first compressed; who asks for them brings them back.
    `match` is the view that made it, so that a page served again is timed as its.
    `generation` is when its content had last changed, as known before it was rendered:
    what was said to have changed meanwhile may not be in it.
    """

    match: ResolverMatch | None
    headers: dict[str, str]
    etag: str
    variants: dict[str, bytes]
    max_age: int
    behind: int
    stored_at: float
    generation: Generation

    @property
    def size(self) -> int:
        """Return about how many bytes it takes now."""
        return _PLACE_BYTES + sum(map(len, self.variants.copy().values()))

    def serves(self, now: float, generation: Generation, *, is_behind: bool) -> bool:
        """Tell whether it may be served, or served while it is rendered again.

        A clock set back makes it old, and so does another generation.
        """
        longest = self.max_age + (self.behind if is_behind else 0)
        return 0 <= now - self.stored_at < longest and self.generation == generation

    def encoded(self, encoding: str) -> bytes:
        """Return the bytes in an encoding, made when first asked for."""
        found = self.variants.get(encoding)
        if found is None:
            known, content = next(iter(self.variants.copy().items()))
            found = _ENCODERS[encoding](_DECODERS[known](content))
            self.variants[encoding] = found
            if encoding:
                self.variants.pop("", None)
        return found

    def etag_in(self, encoding: str) -> str:
        """Return the strong validator of the bytes in an encoding."""
        return f'{self.etag[:-1]}-{encoding}"' if encoding else self.etag


class Store:
    """Pages by key, up to `settings.STORED_PAGES_BYTES`; threads share it."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Key, tuple[StoredPage, int]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def find(self, key: Key) -> StoredPage | None:
        """Return the page, however old."""
        with self._lock:
            if key not in self._pages:
                return None
            self._pages.move_to_end(key)
            return self._pages[key][0]

    def keep(self, key: Key, page: StoredPage) -> None:
        """Keep a page, letting go of the least read ones where it gets too much."""
        with self._lock:
            self._drop(key)
            self._count(key, page)

    def weigh(self, key: Key, page: StoredPage) -> None:
        """Count a page anew that takes another size since, if it is still kept."""
        with self._lock:
            kept, counted = self._pages.get(key, (None, 0))
            if kept is page:
                self._size -= counted
                self._count(key, page)

    def forget(self, key: Key | None = None) -> None:
        """Forget a page, or all."""
        with self._lock:
            for known in [key] if key else list(self._pages):
                self._drop(known)

    def _count(self, key: Key, page: StoredPage) -> None:
        size = page.size
        self._pages[key] = page, size
        self._size += size
        while self._size > settings.STORED_PAGES_BYTES:
            self._drop(next(iter(self._pages)))

    def _drop(self, key: Key) -> None:
        _page, counted = self._pages.pop(key, (None, 0))
        self._size -= counted


store = Store()
_flights = Flights()
_behind = ThreadPoolExecutor(2, thread_name_prefix="pages")
_being_rendered: set[Key] = set()


class StoredPagesMiddleware:
    """Serve public pages from the store, before anything that a rendering needs."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer from the store, else render, and keep what may be kept."""
        if request.method not in {"GET", "HEAD"} or not settings.STORED_PAGES_BYTES:
            return self.get_response(request)
        key = _key(request)
        page = store.find(key)
        if page and _serves(page, request):
            return _answer_stored(key, request, page, "hit")
        if page and settings.REFRESH_BEHIND and _serves(page, request, is_behind=True):
            self._render_behind(key, request)
            return _answer_stored(key, request, page, "behind")
        if not _is_public(request.path_info, settings.ROOT_URLCONF):
            return self.get_response(request)
        with _flights.alone(key, WAIT_SECONDS):
            page = store.find(key)
            if page and _serves(page, request):
                return _answer_stored(key, request, page, "hit")
            _ANSWERS["rendered"].inc()
            return self._render(key, request)

    def _render(self, key: Key, request: HttpRequest) -> HttpResponseBase:
        generation = _generation(request)
        # Whatever this reader's browser says besides, its cookies, the copy it knows,
        # that it wants the head alone: the next reader gets the same page.
        anyone = _as_anyone(request)
        response = self.get_response(anyone)
        request.resolver_match = anyone.resolver_match
        kept = _to_keep(request, response, generation)
        if kept is None:
            store.forget(key)
            return response
        response = _answer(request, kept)
        store.keep(key, kept)
        return response

    def _render_behind(self, key: Key, request: HttpRequest) -> None:
        if key in _being_rendered:
            return
        _being_rendered.add(key)
        _behind.submit(self._render_again, key, _as_anyone(request))

    def _render_again(self, key: Key, request: HttpRequest) -> None:
        try:
            self._render(key, request).close()
        finally:
            _being_rendered.discard(key)
            connections.close_all()


def _serves(page: StoredPage, request: HttpRequest, *, is_behind: bool = False) -> bool:
    return page.serves(time.time(), _generation(request), is_behind=is_behind)


def _generation(request: HttpRequest) -> Generation:
    return generations.generation(brand_for(request.get_host()))


@lru_cache(maxsize=_KEPT_PATHS)
def _is_public(path: str, routes: str) -> bool:
    try:
        return is_public(resolve(path, routes).func)
    except Resolver404:
        return False


def _as_anyone(request: HttpRequest) -> HttpRequest:
    """Return the same question from nobody in particular."""
    environ = {name: request.META[name] for name in _ENVIRON if name in request.META}
    nothing = BytesIO()
    return WSGIRequest({**environ, "REQUEST_METHOD": "GET", "wsgi.input": nothing})


def _key(request: HttpRequest) -> Key:
    asked = request.META.get
    return (
        request.scheme or "",  # in the whole addresses that feeds and prints hold
        request.get_host(),
        request.path_info,
        asked("QUERY_STRING", ""),
        asked("HTTP_HX_REQUEST", ""),
        asked("HTTP_HX_TARGET", ""),
    )


def _to_keep(
    request: HttpRequest, response: HttpResponseBase, generation: Generation
) -> StoredPage | None:
    control = response.get("Cache-Control", "")
    max_age = _S_MAXAGE.search(control) or _MAX_AGE.search(control)
    if (
        not isinstance(response, HttpResponse)
        or response.status_code != 200
        or "public" not in control
        or not _seconds(max_age)
        or not response.has_header("ETag")
        or response.cookies
        or "Cookie" in response.get("Vary", "")
        or "nonce-" in response.get("Content-Security-Policy", "")
    ):
        return None
    patch_vary_headers(response, ["Accept-Encoding"])
    skipped = {"ETag", "Content-Length"}
    return StoredPage(
        match=request.resolver_match,
        headers={
            name: value for name, value in response.items() if name not in skipped
        },
        etag=response["ETag"],
        variants={"": response.content},
        max_age=_seconds(max_age),
        behind=_seconds(_BEHIND.search(control)),
        stored_at=time.time(),
        generation=generation,
    )


def _seconds(found: re.Match[str] | None) -> int:
    return int(found[1]) if found else 0


def _answer_stored(
    key: Key, request: HttpRequest, page: StoredPage, outcome: str
) -> HttpResponse:
    request.resolver_match = page.match
    before = len(page.variants)
    response = _answer(request, page)
    if len(page.variants) != before:
        store.weigh(key, page)
    _ANSWERS["unchanged" if response.status_code == 304 else outcome].inc()
    return response


def _answer(request: HttpRequest, page: StoredPage) -> HttpResponse:
    encoding = _encoding(request.META.get("HTTP_ACCEPT_ENCODING", ""))
    etag = page.etag_in(encoding)
    age = str(max(0, int(time.time() - page.stored_at)))
    if _is_known(etag, request):
        response = HttpResponse(status=304)
        for name in _KEPT_HEADERS_ON_304:
            response[name] = page.headers[name]
    else:
        content = page.encoded(encoding)
        response = HttpResponse(content)
        for name, value in page.headers.items():
            response[name] = value
        response["Content-Length"] = str(len(content))
        if encoding:
            response["Content-Encoding"] = encoding
    response["ETag"] = etag
    response["Age"] = age
    return response


def _is_known(etag: str, request: HttpRequest) -> bool:
    known = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    # Proxies weaken the tags of what they compress.
    return known == ["*"] or etag in (one.removeprefix("W/") for one in known)


def _encoding(accepted: str) -> str:
    offered = {
        name.strip()
        for name, _, quality in (
            word.partition(";") for word in accepted.lower().split(",")
        )
        if quality.strip() not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    }
    return next((name for name in ("br", "gzip") if name in offered), "")
