"""Time, memory, throughput, and intervals: every number a lesson shows comes from here."""

import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from helpers.errors import CourseError

MEGABYTE = 1_000_000


@dataclass
class Measurement:
    """What ``track`` measured: wall time in seconds, peak memory in MB (10⁶ bytes)."""

    seconds: float = 0.0
    peak_memory_mb: float = 0.0
    gpu_peak_memory_mb: float = 0.0


@contextmanager
def track(interval: float = 0.02) -> Iterator[Measurement]:
    """Measure the block: wall time, peak resident memory of this process, peak CUDA memory.

    Resident memory is sampled every ``interval`` seconds, so a shorter spike can be missed.
    """
    import psutil

    torch = sys.modules.get("torch")
    on_gpu = torch is not None and torch.cuda.is_available()
    process = psutil.Process(os.getpid())
    measurement = Measurement(peak_memory_mb=process.memory_info().rss / MEGABYTE)
    done = threading.Event()

    def sample() -> None:
        while not done.wait(interval):
            measurement.peak_memory_mb = max(measurement.peak_memory_mb,
                                             process.memory_info().rss / MEGABYTE)

    sampler = threading.Thread(target=sample, daemon=True)
    if on_gpu:
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
    sampler.start()
    began = time.perf_counter()
    try:
        yield measurement
    finally:
        if on_gpu:
            # GPU work is asynchronous: without this only the launch is timed
            torch.cuda.synchronize()
            measurement.gpu_peak_memory_mb = torch.cuda.max_memory_allocated() / MEGABYTE
        measurement.seconds = time.perf_counter() - began
        done.set()
        sampler.join()
        measurement.peak_memory_mb = max(measurement.peak_memory_mb,
                                         process.memory_info().rss / MEGABYTE)


def tokens_per_second(tokens: int, seconds: float) -> float:
    """Return throughput. Raises CourseError if no time passed (then nothing was measured)."""
    if seconds <= 0:
        raise CourseError(f"Throughput needs a positive time; got {seconds} seconds.")
    return tokens / seconds


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval; prints as ``0.834 [0.801, 0.862]``."""

    estimate: float
    low: float
    high: float

    def __format__(self, spec: str) -> str:
        spec = spec or ".3f"
        return f"{self.estimate:{spec}} [{self.low:{spec}}, {self.high:{spec}}]"

    __str__ = __repr__ = lambda self: format(self, "")


def wilson(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """Return a proportion with its Wilson score interval (Wilson 1927, JASA 22:209), by scipy.

    Raises CourseError unless ``0 <= successes <= trials`` and ``trials >= 1``.
    """
    from scipy.stats import binomtest

    successes, trials = int(successes), int(trials)
    if trials < 1 or not 0 <= successes <= trials:
        raise CourseError(f"A proportion needs 0 <= successes <= trials and trials >= 1; got "
                          f"{successes} of {trials}.")
    bounds = binomtest(successes, trials).proportion_ci(confidence_level=confidence,
            method="wilson")
    return Interval(successes / trials, float(bounds.low), float(bounds.high))


def bootstrap(values: Sequence[float], confidence: float = 0.95, resamples: int = 2000,
              seed: int = 0) -> Interval:
    """Return the mean of ``values`` with its percentile bootstrap interval (Efron 1979), by scipy.

    Raises CourseError for fewer than two values.
    """
    import numpy
    from scipy import stats

    values = numpy.asarray(values, dtype=float)
    if values.ndim != 1 or len(values) < 2:
        raise CourseError(f"A bootstrap needs a list of at least two values; got shape "
                          f"{values.shape}.")
    mean = float(values.mean())
    if numpy.ptp(values) == 0:  # no spread: every resample has the same mean
        return Interval(mean, mean, mean)
    result = stats.bootstrap(
        (values,),
        numpy.mean,
        confidence_level=confidence,
        n_resamples=resamples,
        method="percentile",
        rng=numpy.random.default_rng(seed),
        batch=200,
    )
    return Interval(mean, float(result.confidence_interval.low),
                    float(result.confidence_interval.high))


def paired_difference(
    first: Sequence[float], second: Sequence[float], confidence: float = 0.95,
    resamples: int = 2000, seed: int = 0
) -> Interval:
    """Return the mean of ``first - second`` over the same items, with its bootstrap interval.

    Pairing removes what is hard or easy about the items themselves. Raises
    CourseError if the two differ in length.
    """
    import numpy

    first, second = numpy.asarray(first, dtype=float), numpy.asarray(second, dtype=float)
    if first.shape != second.shape:
        raise CourseError(f"Paired scores must be for the same items; got shapes {first.shape} and "
                          f"{second.shape}.")
    return bootstrap(first - second, confidence, resamples, seed)
