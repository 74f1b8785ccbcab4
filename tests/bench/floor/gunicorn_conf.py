"""The portal's own settings for gunicorn, around the bare project."""

from portal.gunicorn_conf import (  # noqa: F401 - gunicorn reads them here
    accesslog,
    bind,
    control_socket_disable,
    graceful_timeout,
    keepalive,
    max_requests,
    threads,
    timeout,
    worker_class,
    workers,
)

wsgi_app = "tests.bench.floor.wsgi:application"
