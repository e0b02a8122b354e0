"""Measurements agree with what is known: formulas by hand, allocations of known size, coverage of
intervals."""

import math
import time
from statistics import NormalDist

import numpy as np
import pytest

from helpers import measure
from helpers.errors import CourseError


def test_track_measures_time_and_memory():
    with measure.track() as before:
        time.sleep(0.05)
    with measure.track() as during:
        block = np.ones(25_000_000)  # 200 MB
        time.sleep(0.1)
    assert 0.05 <= before.seconds < 0.5
    assert block.nbytes / 1e6 * 0.9 < during.peak_memory_mb - before.peak_memory_mb < 400


def test_track_measures_a_block_that_fails():
    with pytest.raises(ZeroDivisionError), measure.track() as measured:
        1 / 0  # noqa: B018
    assert measured.seconds > 0


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_wilson_is_the_formula(confidence):
    successes, trials, z = 8, 10, NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / trials
    middle = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = (z * math.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
            / (1 + z**2 / trials))
    found = measure.wilson(8, 10, confidence)
    assert found.low == pytest.approx(middle - half) and found.high == pytest.approx(middle + half)
    assert str(measure.wilson(8, 10)) == "0.800 [0.490, 0.943]"


def test_a_megabyte_is_a_million_bytes():
    assert measure.MEGABYTE == 10**6


@pytest.mark.parametrize(("successes", "trials"), [(1, 0), (-1, 10), (11, 10)])
def test_wilson_refuses_what_is_no_proportion(successes, trials):
    with pytest.raises(CourseError, match=f"got {successes} of {trials}"):
        measure.wilson(successes, trials)


def test_bootstrap_covers_the_mean_about_as_often_as_it_says():
    generator = np.random.default_rng(0)
    hits = 0
    for seed in range(100):
        interval = measure.bootstrap(generator.normal(3.0, 1.0, 60), resamples=400, seed=seed)
        hits += interval.low <= 3.0 <= interval.high
    assert 88 <= hits <= 99


def test_bootstrap_repeats_and_refuses_too_little():
    assert measure.bootstrap([1, 2, 4]) == measure.bootstrap([1, 2, 4])
    assert measure.bootstrap([1, 1, 1]) == measure.Interval(1.0, 1.0, 1.0)
    with pytest.raises(CourseError, match="at least two"):
        measure.bootstrap([1])


def test_paired_difference_sees_what_unpaired_intervals_hide():
    generator = np.random.default_rng(1)
    hard = generator.normal(0, 5, 300)
    first, second = hard + 0.3 + generator.normal(0, 0.5, 300), hard
    assert measure.paired_difference(first, second).low > 0
    assert measure.bootstrap(first).low < measure.bootstrap(second).high
    with pytest.raises(CourseError, match="same items"):
        measure.paired_difference([1, 2], [1, 2, 3])


def test_tokens_per_second():
    assert measure.tokens_per_second(100, 4) == 25
    with pytest.raises(CourseError, match="positive time"):
        measure.tokens_per_second(100, 0)
