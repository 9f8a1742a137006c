from __future__ import annotations

from math import inf

import pytest

from roadworthy.stats.burn_rate import (
    WINDOWS,
    Counts,
    budget,
    burn_rate,
    burning,
    seconds_until_spent,
)


def counted(**seconds: tuple[int, int]) -> dict[int, Counts]:
    quiet = {length: Counts(bad=0, total=1000) for w in WINDOWS for length in (w.long_s, w.short_s)}
    return quiet | {int(name[1:]): Counts(bad=b, total=t) for name, (b, t) in seconds.items()}


def test_the_workbooks_windows() -> None:
    assert [(w.factor, w.long_s, w.short_s, w.page) for w in WINDOWS] == [
        (14.4, 3600, 300, True),
        (6.0, 21600, 1800, True),
        (1.0, 259200, 21600, False),
    ]
    # 14.4 for an hour is 2 % of thirty days, 6 for six hours 5 %, 1 for three days 10 %.
    assert [w.factor * w.long_s / (30 * 86400) for w in WINDOWS] == pytest.approx([0.02, 0.05, 0.1])


def test_burn_rate_one_lasts_the_period() -> None:
    assert burn_rate(Counts(bad=5, total=100), objective=0.95) == pytest.approx(1.0)
    assert burn_rate(Counts(bad=0, total=0), objective=0.95) == 0
    assert burn_rate(Counts(bad=1, total=9), objective=1.0) == inf
    assert burn_rate(Counts(bad=0, total=9), objective=1.0) == 0


def test_both_windows_must_burn() -> None:
    both = counted(s3600=(80, 100), s300=(8, 10))
    long_only = counted(s3600=(80, 100))
    short_only = counted(s300=(8, 10))

    assert [b.fires for b in burning(both, objective=0.95)] == [True, False, False]
    assert not any(b.fires for b in burning(long_only, objective=0.95))
    assert not any(b.fires for b in burning(short_only, objective=0.95))


def test_the_factor_itself_fires() -> None:
    at = counted(s3600=(288, 1000), s300=(288, 1000))
    under = counted(s3600=(287, 1000), s300=(287, 1000))

    assert burning(at, objective=0.98)[0].fires
    assert not burning(under, objective=0.98)[0].fires


def test_few_events_do_not_fire() -> None:
    few = counted(s3600=(19, 19), s300=(5, 5))

    first = burning(few, objective=0.95)[0]

    assert not first.enough
    assert not first.fires
    assert burning(few, objective=0.95, minimum=19)[0].fires


def test_a_window_without_counts_is_an_error_not_silence() -> None:
    with pytest.raises(KeyError):
        burning({3600: Counts(bad=0, total=1)}, objective=0.95)


def test_what_is_left_of_a_budget() -> None:
    half = budget(Counts(bad=25, total=1000), objective=0.95)

    assert half.allowed == pytest.approx(50)
    assert half.left == pytest.approx(0.5)
    assert budget(Counts(bad=60, total=1000), objective=0.95).left == pytest.approx(-0.2)
    assert budget(Counts(bad=0, total=0), objective=0.95).left == 1
    assert budget(Counts(bad=0, total=5), objective=1.0).left == 1
    assert budget(Counts(bad=1, total=5), objective=1.0).left == -inf
    assert seconds_until_spent(half, rate=2.0, period_s=100.0) == pytest.approx(25)
    assert seconds_until_spent(half, rate=0.0, period_s=100.0) == inf
    assert seconds_until_spent(budget(Counts(bad=9, total=9), objective=0.5), rate=2.0, period_s=9.0) == 0


@pytest.mark.parametrize(
    ("counts", "objective", "name"),
    [
        (Counts(bad=2, total=1), 0.9, "bad"),
        (Counts(bad=-1, total=1), 0.9, "bad"),
        (Counts(bad=0, total=1), 1.2, "objective"),
        (Counts(bad=0, total=1), float("nan"), "objective"),
    ],
)
def test_bad_numbers_are_refused_by_name(counts: Counts, objective: float, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        burn_rate(counts, objective=objective)
    with pytest.raises(ValueError, match=name):
        budget(counts, objective=objective)
