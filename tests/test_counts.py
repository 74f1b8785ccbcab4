"""What is counted has its room on the disk first, and a full disk ends nothing."""

from __future__ import annotations

import resource
from contextlib import closing

import pytest

from portal.counts import FIRST_BYTES, RoomyFile

NAMES = [f"a count of its own, number {number}" for number in range(3000)]


@pytest.fixture
def disk_without_room():
    """Let no file grow beyond what a first one takes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FIRST_BYTES, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def count(file, names):
    for name in names:
        file.write_value(name, 1, 0)


def test_a_file_of_counts_has_no_holes(tmp_path):
    path = tmp_path / "counter_1.db"

    with closing(RoomyFile(str(path))) as file:
        beginning = path.stat()
        count(file, NAMES)

    for found in (beginning, path.stat()):
        assert found.st_blocks * 512 >= found.st_size
    with closing(RoomyFile(str(path))) as file:
        assert file.read_value(NAMES[-1]) == (1, 0)


def test_a_count_without_room_is_refused_and_the_others_go_on(
    tmp_path, disk_without_room
):
    with closing(RoomyFile(str(tmp_path / "counter_1.db"))) as file:
        with pytest.raises(OSError):  # noqa: PT011 - whatever the disk says
            count(file, NAMES)
        file.write_value(NAMES[0], 2, 0)

        assert file.read_value(NAMES[0]) == (2, 0)


def test_a_process_counts_for_itself_where_there_is_no_room_at_all(tmp_path):
    with closing(RoomyFile(str(tmp_path / "gone" / "counter_1.db"))) as file:
        count(file, NAMES)

        assert file.read_value(NAMES[-1]) == (1, 0)
