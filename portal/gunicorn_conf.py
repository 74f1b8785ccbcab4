"""How gunicorn serves the portal: threads, because pages wait for the help desk."""

import os
from typing import Any

wsgi_app = "portal.wsgi:application"
bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or '8000'}"
workers = int(os.environ.get("WEB_WORKERS") or 2)
threads = int(os.environ.get("WEB_THREADS") or 16)
worker_class = "gthread"
timeout = 60
graceful_timeout = 30
keepalive = 5
max_requests = 0
control_socket_disable = True
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
# Addresses may hold access keys: the access log is the proxy's, with its own masking.
accesslog = None


def post_worker_init(worker: Any) -> None:
    """Start delivering the outbox beside each worker's threads."""
    from portal.outbox.worker import start_in_background

    start_in_background()
