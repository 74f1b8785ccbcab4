"""The servers of a run: each a process of ours with a port, ended when it is done."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TICK = os.sysconf("SC_CLK_TCK")
MANAGE_SECONDS = 120
START_SECONDS = 60
STOP_SECONDS = 10

NGINX = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    default_type text/html;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location /static/ {{ alias {static}/; }}
        location /same/ {{ alias {pages}/; }}
    }}
}}
"""


@dataclass
class Server:
    """A process of ours that listens on a port."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def workers(self) -> list[int]:
        """Return the processes that answer."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(child) for child in children.split()]

    def cpu_seconds(self) -> float:
        """Return what the workers have used so far."""
        used = 0
        for worker in self.workers:
            after_name = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2]
            user, system = after_name.split()[11:13]
            used += int(user) + int(system)
        return used / TICK

    def memory_mb(self) -> float:
        """Return the resident memory of the largest worker."""
        return max((memory_mb(worker) for worker in self.workers), default=0.0)


def memory_mb(pid: int) -> float:
    """Return a process's resident memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else 0.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def gunicorn(settings: str) -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "-c", f"python:{settings}"),
        *("--log-level", "warning"),
    ]


@contextmanager
def serving(
    command: Sequence[str], environment: Mapping[str, str], port: int, log: Path
) -> Iterator[Server]:
    """Run a server, and end it after at most ten seconds of grace."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=dict(environment), stdout=output, stderr=output
        )
    try:
        _wait_for(port, process, log)
        yield Server(process, port)
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process and, where it does not end, its workers as well."""
    if process.poll() is not None:
        return
    children = Server(process, 0).workers
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_SECONDS)
        for child in children:
            if Path(f"/proc/{child}").exists():
                os.kill(child, 9)


@contextmanager
def nginx(static: Path, pages: Path, folder: Path) -> Iterator[Server | None]:
    """Run a private nginx with these files; None on a machine that has none."""
    binary = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if binary is None:
        yield None
        return
    port = free_port()
    settings = folder / "nginx.conf"
    settings.write_text(
        NGINX.format(folder=folder, port=port, static=static, pages=pages)
    )
    command = [binary, "-p", str(folder), "-c", str(settings)]
    # Its worker may be another user, who must be let in.
    for parent in (folder, pages, static):
        parent.chmod(0o755)
    with serving(command, os.environ, port, folder / "log") as server:
        yield server


def manage(environment: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "django", *arguments],
        cwd=ROOT,
        env=dict(environment),
        check=False,
        capture_output=True,
        text=True,
        timeout=MANAGE_SECONDS,
    )
    if done.returncode:
        raise SystemExit(f"{arguments[0]} failed:\n{done.stderr[-3000:]}")
    return done.stdout


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    ends_at = time.monotonic() + START_SECONDS
    while time.monotonic() < ends_at and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"Did not start:\n{log.read_text()[-3000:]}")
