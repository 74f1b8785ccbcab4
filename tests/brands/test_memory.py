"""What the help desk said: asked once, shared, refreshed behind, kept for outages."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import tracemalloc
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.cache import cache
from django.test import override_settings
from django.utils import timezone

from portal.brands import brand_for, generations, memory, publishing, shared
from portal.brands.memory import FRESH_SECONDS, remembered
from portal.helpspot.errors import Disabled, NotFound, Unavailable


class HelpDesk:
    """Answers with a number that grows, when it may, or fails."""

    def __init__(self) -> None:
        self.calls = 0
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.error: Exception | None = None

    def __call__(self) -> int:
        self.calls += 1
        self.may_answer.wait(10)
        if self.error:
            raise self.error
        return self.calls


@pytest.fixture
def desk() -> HelpDesk:
    return HelpDesk()


@pytest.fixture
def behind(settings):
    settings.REFRESH_BEHIND = True
    settings.REMEMBER_FAILURES = True
    yield
    settings.REFRESH_BEHIND = False


@pytest.fixture
def shared_in(monkeypatch):
    """Share through another kind of cache for a while."""

    @contextmanager
    def use(backend: str, location: str):
        monkeypatch.setattr(shared, "_back_at", 0.0)
        engine = f"django.core.cache.backends.{backend}"
        caches = {"default": {"BACKEND": engine, "LOCATION": location}}
        with override_settings(CACHES=caches):
            yield
        monkeypatch.setattr(shared, "_back_at", 0.0)

    return use


def ask(desk: HelpDesk, name: str = "thing:1"):
    return remembered(brand_for(""), name, desk)


def after(seconds: float):
    return time_machine.travel(timezone.now() + timedelta(seconds=seconds))


def until(is_so) -> bool:
    ends_at = time.monotonic() + 5
    while not is_so() and time.monotonic() < ends_at:
        time.sleep(0.01)
    return is_so()


def test_asks_once_while_the_copy_is_fresh(desk):
    assert [ask(desk).value for _ in range(3)] == [1, 1, 1]


def test_each_kind_has_its_own_lifetime(desk, settings):
    settings.FRESH_SECONDS = {"thing": 5}
    ask(desk)
    ask(desk, "other:1")

    with after(6):
        assert ask(desk).value == 3
        assert ask(desk, "other:1").value == 2


def test_another_process_need_not_ask_again(desk):
    ask(desk)
    memory.forget_everything()

    assert ask(desk).value == 1


def test_a_copy_a_little_too_old_is_served_at_once_and_refreshed_behind(desk, behind):
    ask(desk)
    desk.may_answer.clear()

    with after(FRESH_SECONDS + 1):
        copies = [ask(desk) for _ in range(20)]
        desk.may_answer.set()

        assert {copy.value for copy in copies} == {1}
        assert not any(copy.is_old for copy in copies)
        assert until(lambda: ask(desk).value == 2)
    assert desk.calls == 2


def test_a_crowd_that_meets_nothing_asks_once(desk):
    desk.may_answer.clear()
    found: list[int] = []
    crowd = [
        threading.Thread(target=lambda: found.append(ask(desk).value))
        for _ in range(100)
    ]

    for one in crowd:
        one.start()
    desk.may_answer.set()
    for one in crowd:
        one.join()

    assert found == [1] * 100
    assert desk.calls == 1


def test_while_one_asks_the_others_get_the_copy_there_is(desk):
    ask(desk)
    desk.may_answer.clear()

    with after(FRESH_SECONDS + 1):
        asking = threading.Thread(target=ask, args=(desk,))
        asking.start()
        assert until(lambda: desk.calls == 2)

        assert ask(desk).value == 1
        desk.may_answer.set()
        asking.join()


def test_a_copy_that_serves_the_others_says_so_when_it_is_old(desk):
    first = ask(desk)
    desk.may_answer.clear()

    with after(20 * 3600):
        asking = threading.Thread(target=ask, args=(desk,))
        asking.start()
        assert until(lambda: desk.calls == 2)

        copy = ask(desk)
        desk.may_answer.set()
        asking.join()

        assert (copy.value, copy.is_old, copy.read_at) == (1, True, first.read_at)
        assert not ask(desk).is_old


def test_an_outage_is_bridged_by_the_last_copy_which_says_so(desk):
    first = ask(desk)
    desk.error = Unavailable("thing")

    with after(23 * 3600):
        copy = ask(desk)

    assert (copy.value, copy.is_old, copy.read_at) == (1, True, first.read_at)


def test_a_copy_of_more_than_a_day_does_not_count(desk):
    ask(desk)
    desk.error = Unavailable("thing")

    with after(25 * 3600), pytest.raises(Unavailable):
        ask(desk)


@pytest.mark.parametrize("error", [NotFound("thing"), Unavailable("thing")])
def test_what_was_not_there_is_not_asked_for_again_at_once(desk, behind, error):
    desk.error = error

    for _ in range(5):
        with pytest.raises(type(error)):
            ask(desk)

    assert desk.calls == 1


def test_a_copy_is_called_old_from_the_first_failed_refresh_until_one_succeeds(
    desk, behind, monkeypatch
):
    monkeypatch.setattr(memory, "FAILED_SECONDS", 0.05)
    ask(desk)
    desk.error = Unavailable("thing")

    with after(FRESH_SECONDS + 1):
        ask(desk)
        assert until(lambda: ask(desk).is_old)
        time.sleep(0.1)
        still_away = [ask(desk).is_old for _ in range(5)]
        desk.error = None
        time.sleep(0.1)

        assert still_away == [True] * 5
        assert until(lambda: not ask(desk).is_old)


def test_an_outage_is_asked_about_again_after_two_seconds(desk, behind, monkeypatch):
    monkeypatch.setattr(memory, "FAILED_SECONDS", 0.05)
    desk.error = Unavailable("thing")
    with pytest.raises(Unavailable):
        ask(desk)
    time.sleep(0.06)
    desk.error = None

    assert ask(desk).value == 2


def test_what_staff_published_is_read_anew_everywhere(desk, behind):
    ask(desk)
    time.sleep(0.01)
    cache.set("portal:generation:default", time.time(), 60)  # another process says so

    assert until(lambda: ask(desk).value == 2)


@pytest.mark.parametrize("error", [NotFound("thing"), Disabled("thing")])
def test_what_staff_published_was_not_there_before_and_is_now(desk, behind, error):
    desk.error = error
    with pytest.raises(type(error)):
        ask(desk)
    desk.error = None
    time.sleep(0.01)

    generations.begin(brand_for(""))
    time.sleep(0.01)

    assert ask(desk).value == 2


def test_what_staff_published_while_it_was_read_is_read_anew(desk):
    desk.may_answer.clear()
    reading = threading.Thread(target=ask, args=[desk])
    reading.start()
    assert until(lambda: desk.calls == 1)

    generations.begin(brand_for(""))
    time.sleep(0.01)
    desk.may_answer.set()
    reading.join()

    assert ask(desk).value == 2
    assert ask(desk).value == 2


def test_the_last_of_many_changes_is_read_as_well(desk, monkeypatch):
    monkeypatch.setattr(publishing, "AT_MOST_EVERY_SECONDS", 0.3)
    token = publishing.refresh_token(brand_for(""))
    values = []
    for _change in range(5):
        publishing.refresh(token)
        time.sleep(0.01)
        values.append(ask(desk).value)

    assert values == [1] * 5
    assert until(lambda: ask(desk).value == 2)


def test_a_clock_that_was_set_back_leaves_the_copies_in_use(desk):
    with after(3600):
        generations.begin(brand_for(""))

    assert [ask(desk).value for _reader in range(3)] == [1, 1, 1]
    publishing.refresh(publishing.refresh_token(brand_for("")))
    time.sleep(0.01)
    assert ask(desk).value == 2


def test_what_visitors_wrote_leaves_the_guides_alone(desk):
    ask(desk, "posts:1")
    ask(desk, "kb-page:1")
    time.sleep(0.01)

    generations.begin_forums(brand_for(""))

    assert ask(desk, "posts:1").value == 3
    assert ask(desk, "kb-page:1").value == 2


def test_nonsense_in_the_shared_memory_counts_as_nothing(desk, shared_in, tmp_path):
    with shared_in("filebased.FileBasedCache", str(tmp_path)):
        ask(desk)
        (kept,) = tmp_path.glob("*.djcache")
        kept.write_bytes(b"\x80\x04 nonsense")
        memory.forget_everything()

        assert ask(desk).value == 2


def test_nor_is_what_stands_beside_nonsense_given_up(desk, shared_in, tmp_path):
    with shared_in("filebased.FileBasedCache", str(tmp_path)):
        ask(desk)
        (kept,) = tmp_path.glob("*.djcache")
        kept.write_bytes(b"\x80\x04 nonsense")
        for _process in range(2):
            memory.forget_everything()
            ask(desk)
            ask(desk, "other:1")

    assert desk.calls == 3


def test_a_change_is_told_to_all_once_the_shared_memory_is_back(
    desk, behind, shared_in, monkeypatch, tmp_path
):
    monkeypatch.setattr(shared, "LEFT_ALONE_SECONDS", 0.1)
    monkeypatch.setattr(generations, "LOOK_EVERY_SECONDS", 0.05)
    folder = tmp_path / "cache"
    folder.touch()  # no folder: nothing can be kept in it
    with shared_in("filebased.FileBasedCache", str(folder)):
        ask(desk)
        generations.begin(brand_for(""))
        folder.unlink()

        assert until(lambda: ask(desk) and cache.get("portal:generation:default"))


def test_a_shared_memory_that_is_away_costs_nothing_but_another_call(desk, shared_in):
    with shared_in("redis.RedisCache", "redis://127.0.0.1:1/0"):
        assert ask(desk).value == 1
        assert ask(desk).value == 1
        memory.forget_everything()
        assert ask(desk).value == 2


def test_a_disk_that_takes_nothing_costs_nothing_but_another_call(desk, shared_in):
    with shared_in("filebased.FileBasedCache", "/proc/nowhere"):
        assert ask(desk).value == 1
        memory.forget_everything()
        assert ask(desk).value == 2


def four_processes(folder: Path, answer: str) -> list[float]:
    """Let four processes ask at once, half a second long; return what each waited."""
    program = (
        "import django, time; django.setup()\n"
        "from pathlib import Path\n"
        "from portal.brands import brand_for, memory\n"
        "from portal.helpspot.errors import Unavailable\n"
        "def read():\n"
        "    with Path('calls').open('a') as calls: calls.write('x')\n"
        "    time.sleep(0.5)\n"
        f"    {answer}\n"
        "memory.PATIENCE_SECONDS = 0.25\n"
        "Path(f'ready-{__import__(\"os\").getpid()}').touch()\n"
        "while len(list(Path().glob('ready-*'))) < 4: time.sleep(0.01)\n"
        "begun_at = time.monotonic()\n"
        "try:\n"
        "    assert memory.remembered(brand_for(''), 'thing', read).value == 7\n"
        "except Unavailable:\n"
        "    pass\n"
        "print(time.monotonic() - begun_at)\n"
    )
    environment = {
        **os.environ,
        "DATA_DIR": str(folder / "data"),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PYTHONPATH": str(Path.cwd()),
    }
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    said = [one.communicate(timeout=30)[0] for one in started]
    assert [one.returncode for one in started] == [0, 0, 0, 0]
    return [float(seconds) for seconds in said]


def test_four_processes_that_meet_nothing_ask_once(tmp_path):
    four_processes(tmp_path, "return 7")

    assert (tmp_path / "calls").read_text() == "x"


def test_four_processes_that_get_nothing_do_not_wait_for_one_after_the_other(tmp_path):
    waited = four_processes(tmp_path, "raise Unavailable('thing')")

    assert (tmp_path / "calls").read_text() == "x"
    assert max(waited) < 3 * 0.5


def test_what_a_process_remembers_does_not_grow_with_what_is_asked():
    large = 200_000
    tracemalloc.start()
    try:
        for number in range(60):
            remembered(brand_for(""), f"page:{number}", lambda: os.urandom(large))
        cache.clear()  # in tests it is in this process as well
        kept, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < 2 * memory.MOST_BYTES < 60 * large


def test_what_a_process_remembers_does_not_grow_with_what_hosts_it_is_called(
    client, inkwell
):
    for port in range(1, 300):
        client.get("/kb/", headers={"Host": f"localhost:{port}"})

    assert brand_for.cache_info().currsize <= 100
