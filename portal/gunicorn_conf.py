"""How gunicorn serves the portal: threads, because pages wait for the help desk."""

import os
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

BASE_DIR = Path(__file__).resolve().parent.parent

wsgi_app = "portal.wsgi:application"
pythonpath = str(BASE_DIR)  # wherever it is started from
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
# Settings are not read here, where workers would inherit them: they are each worker's.
has_metrics = TypeAdapter(bool).validate_python(os.environ.get("METRICS", "false"))
metrics_dir = Path(os.environ.get("DATA_DIR") or BASE_DIR / "var").resolve() / "metrics"
if has_metrics:
    # The library looks when it is imported: each worker then counts in a file there.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics_dir)


def on_starting(server: Any) -> None:
    """Forget what an earlier run counted, before there are workers."""
    if not has_metrics:
        return
    metrics_dir.mkdir(parents=True, exist_ok=True)
    # Only workers' files are named by a process number; `manage.py deliver` goes on.
    for counted in metrics_dir.glob("*_[0-9]*.db"):
        counted.unlink()


def post_worker_init(worker: Any) -> None:
    """Start delivering the outbox beside each worker's threads."""
    from portal.outbox.worker import start_in_background

    start_in_background()


def child_exit(server: Any, worker: Any) -> None:
    """Keep what a worker counted when it ends, and none of its live values."""
    if not has_metrics:
        return
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # the package has no types
