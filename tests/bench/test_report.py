"""The report says of each goal whether it was met, whatever came out."""

from __future__ import annotations

import pytest

from tests.bench import report

CONNECTIONS = [1, 16]


def measured(name, letter, *, ratios=(1.0, 1.0), cpu=(0.3, 0.3), floor_cpu=(0.3, 0.3)):
    """A page as a run measures it beside one floor."""
    return {"page": name} | {
        str(connections): {
            "portal": {"cpu_ms": cpu[at]},
            "floors": {letter: {"ratio": ratios[at], "cpu_ms": floor_cpu[at]}},
        }
        for at, connections in enumerate(CONNECTIONS)
    }


def goals(page):
    return report.goals(
        {
            "machine": {"connections": CONNECTIONS},
            "pages": [page],
            "growth": None,
            "memory_mb": {"portal": 100.0, "floor": 40.0},
            "browser": None,
        }
    )


@pytest.mark.parametrize(("worst", "verdict"), [(0.9, "met"), (0.89, "**missed**")])
def test_an_unchanged_guide_must_reach_nine_tenths_of_its_floor(worst, verdict):
    judged = goals(measured("guide (304)", "f", ratios=(1.2, worst)))

    line = f"guide (304): at least 0.9 of floor f: {verdict} (1.20, {worst:.2f})"
    assert line in judged


@pytest.mark.parametrize(("worst", "verdict"), [(0.59, "met"), (0.6, "**missed**")])
def test_a_warm_page_must_stay_under_its_cpu_time_and_shows_the_floors(worst, verdict):
    judged = goals(measured("home", "a", cpu=(0.4, worst), floor_cpu=(0.45, 0.7)))

    line = (
        f"home: under 0.6 ms of CPU while it is warm: {verdict} "
        f"(0.40, {worst:.2f}; floor a 0.45, 0.70)"
    )
    assert line in judged


@pytest.mark.parametrize(("name", "letter"), [("submit (GET)", "a"), ("reply", "d")])
def test_only_public_pages_are_judged_by_their_cpu_time(name, letter):
    judged = goals(measured(name, letter, cpu=(8.0, 8.0)))

    assert not [line for line in judged if "CPU" in line]
