"""The databases of a run."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.faults.databases import POSTGRES, Postgres
from tests.faults.processes import free_port

ANYBODY_WRITES = 0o1777


@pytest.mark.skipif(not POSTGRES.exists(), reason="no PostgreSQL here")
def test_leaves_the_folder_that_all_share_as_it_was():
    with TemporaryDirectory() as shared:
        around = Path(shared)
        around.chmod(ANYBODY_WRITES)
        run = around / "run"
        run.mkdir()
        Postgres(run, free_port()).close()
        assert around.stat().st_mode & 0o7777 == ANYBODY_WRITES
