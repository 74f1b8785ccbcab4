"""The databases of a run, read and disturbed from outside: SQLite or PostgreSQL."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

POSTGRES = Path("/usr/lib/postgresql")


class Sqlite:
    """A database in one file."""

    url = ""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self, query: str) -> list[Any]:
        with self._open() as database:
            return database.execute(query).fetchall()

    def earlier(self, column: str, seconds: int) -> str:
        """Return SQL that moves a time back.

        The odd last digit keeps it from losing its fraction, which Django would write
        differently.
        """
        moment = f"strftime('%Y-%m-%d %H:%M:%f', {column}, '-{seconds} seconds')"
        return f"{column} = {moment} || '001'"

    def change(self, statement: str) -> None:
        with self._open() as database:
            database.execute(statement)

    def hold(self, seconds: float) -> None:
        """Keep everyone else from writing for a while."""
        with closing(sqlite3.connect(self._path, timeout=20)) as database:
            database.isolation_level = None
            database.execute("BEGIN IMMEDIATE")
            time.sleep(seconds)
            database.execute("ROLLBACK")

    def close(self) -> None:
        """Leave the file; its folder goes with the run."""

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=20)) as database, database:
            yield database


class Postgres:
    """A cluster of its own on a socket in the run's folder."""

    def __init__(self, folder: Path, port: int) -> None:
        self._binaries = max(POSTGRES.glob("*")) / "bin"
        self._data = folder / "postgres"
        self._data.mkdir()
        if os.geteuid() == 0:
            _let_others_in(folder.parent)
            _let_others_in(folder)
            shutil.chown(self._data, "postgres", "postgres")
        self._port = port
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", "portal")
        self.start()
        self._run(
            "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "portal", "portal"
        )
        self.url = f"postgres://portal@127.0.0.1:{port}/portal"

    def rows(self, query: str) -> list[Any]:
        with self._open() as connection:
            return connection.execute(query).fetchall()

    def earlier(self, column: str, seconds: int) -> str:
        return f"{column} = {column} - interval '{seconds} seconds'"

    def change(self, statement: str) -> None:
        with self._open() as connection:
            connection.execute(statement)

    def hold(self, seconds: float) -> None:
        with self._open() as connection:
            connection.execute("LOCK TABLE outbox_submission IN EXCLUSIVE MODE")
            time.sleep(seconds)

    def start(self) -> None:
        """Start the cluster and wait until it answers."""
        settings = f"-p {self._port} -k {self._data} -c listen_addresses=127.0.0.1"
        self._run("pg_ctl", "-D", str(self._data), "-w", "-o", settings, "start")

    def stop(self) -> None:
        """Stop it at once, as a failover does."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop")

    def close(self) -> None:
        self.stop()

    def _open(self) -> Any:
        import psycopg

        return psycopg.connect(self.url, connect_timeout=20)

    def _run(self, program: str, *words: str) -> None:
        words = (str(self._binaries / program), *words)
        who = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        subprocess.run(
            [*(who if os.geteuid() == 0 else []), *words],
            cwd=self._data,
            check=True,
            timeout=60,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _let_others_in(folder: Path) -> None:
    """Let the server's own user pass; /tmp keeps what it allows besides."""
    folder.chmod(stat.S_IMODE(folder.stat().st_mode) | 0o055)


Database = Sqlite | Postgres
