"""Every figure carries its alt text, shows what it was given, and is closed."""

import matplotlib.pyplot as plt
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from helpers import plots
from helpers.errors import CourseError
from helpers.measure import Interval

ALT = "Two falling lines, the second one ends lower."


def shown(call):
    """Return (PNG bytes or base64, metadata) of the one figure that ``call`` displays."""
    InteractiveShell.instance()
    with capture_output() as captured:
        call()
    (output,) = captured.outputs
    return output.data["image/png"], output.metadata["image/png"]


@pytest.mark.parametrize(
    "call",
    [
        lambda: plots.loss_curves({"a": [(0, 2.0), (1, 1.0)], "b": [(0, 2.0), (1, 0.5)]}, alt=ALT),
        lambda: plots.confusion_matrix([0, 1, 1], [0, 1, 0], ["no", "yes"], alt=ALT),
        lambda: plots.bars({"a": Interval(0.5, 0.4, 0.6), "b": 0.3}, alt=ALT, xlim=(0, 1)),
        lambda: plots.show(plots.small_multiples(4)[0], alt=ALT),
    ],
    ids=["loss_curves", "confusion_matrix", "bars", "small_multiples"],
)
def test_a_figure_carries_its_alt_text_and_is_closed(call):
    png, metadata = shown(call)
    assert metadata["alt"] == ALT
    assert len(png) > 2000
    assert plt.get_fignums() == []


def test_alt_text_must_be_a_sentence():
    figure, _ = plots.small_multiples(1)
    with pytest.raises(CourseError, match="'a plot'"):
        plots.show(figure, alt="a plot")
    plt.close(figure)


def test_small_multiples_hides_what_is_left_over():
    figure, axes = plots.small_multiples(4, columns=3)
    assert len(axes) == 4
    assert sum(axis.get_visible() for axis in figure.axes) == 4
    plt.close(figure)


def test_confusion_matrix_counts(monkeypatch):
    texts = {}

    def keep(figure, alt):
        texts.update({(round(t.get_position()[1]), round(t.get_position()[0])): t.get_text()
                      for t in figure.axes[0].texts})
        plt.close(figure)

    monkeypatch.setattr(plots, "show", keep)
    plots.confusion_matrix([0, 1, 1, 1], [0, 1, 1, 0], ["no", "yes"], alt=ALT)
    assert texts == {(0, 0): "1", (0, 1): "0", (1, 0): "1", (1, 1): "2"}


def kept(monkeypatch, draw):
    """Return x-label, y-label and axis of the figure that ``draw`` would show."""
    found = []

    def keep(figure, alt):
        found.append((figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel(), figure.axes[0]))

    monkeypatch.setattr(plots, "show", keep)
    draw()
    return found[0]


def test_confusion_matrix_names_its_axes(monkeypatch):
    labels = ["no", "yes"]
    across, down, axis = kept(
        monkeypatch, lambda: plots.confusion_matrix([0, 1], [1, 1], labels, alt=ALT)
    )
    assert (across, down) == ("predicted", "true")
    assert [text.get_text() for text in axis.get_xticklabels()] == labels
    assert [text.get_text() for text in axis.get_yticklabels()] == labels
    plt.close("all")


def test_whiskers_reach_from_the_low_to_the_high_bound(monkeypatch):
    values = {"a": Interval(0.5, 0.4, 0.8)}
    *_, axis = kept(monkeypatch, lambda: plots.bars(values, alt=ALT))
    (whisker,) = axis.collections
    ((low, _), (high, _)) = whisker.get_segments()[0]
    assert (low, high) == pytest.approx((0.4, 0.8))
    plt.close("all")
