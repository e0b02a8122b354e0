"""One clean style for every figure of the course, and alt text on each of them."""

import base64
import io
from collections.abc import Mapping, Sequence

from helpers.errors import CourseError

# Okabe and Ito's palette: told apart with the common forms of colour blindness.
PALETTE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
GREY = "#6b7280"


def style() -> None:
    """Set the course's matplotlib style for this process."""
    import matplotlib.pyplot as plt

    plt.rcParams.update(
        {
            "figure.dpi": 100,
            "savefig.dpi": 100,
            "figure.constrained_layout.use": True,
            "font.size": 10,
            "axes.titlesize": 11,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": GREY,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#e5e7eb",
            "lines.linewidth": 1.8,
            "legend.frameon": False,
            "axes.prop_cycle": plt.cycler(color=PALETTE),
        }
    )


def show(figure, alt: str) -> None:
    """Display ``figure`` as a PNG that carries ``alt`` as its alternative text, and close it.

    Raises CourseError if ``alt`` is too short to say what the figure shows.
    """
    import matplotlib.pyplot as plt
    from IPython.display import display

    if len(alt.split()) < 5:
        raise CourseError(f"alt must say in a sentence what the figure shows; got {alt!r}.")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    plt.close(figure)
    # A raw bundle, since IPython 7 (Colab's) has no Image(alt=...).
    picture = base64.b64encode(buffer.getvalue()).decode("ascii")
    display({"image/png": picture, "text/plain": alt}, metadata={"image/png": {"alt": alt}},
            raw=True)


def small_multiples(count: int, columns: int = 3, size: tuple[float, float] = (3.0, 2.4),
                    **options):
    """Return ``(figure, axes)``: ``count`` equal panels in rows of ``columns``, axes as a flat
    list."""
    import matplotlib.pyplot as plt

    style()
    columns = min(columns, count)
    rows = -(-count // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(size[0] * columns, size[1] * rows),
                                squeeze=False, **options)
    axes = list(grid.flat)
    for unused in axes[count:]:
        unused.set_visible(False)
    return figure, axes[:count]


def loss_curves(
    runs: Mapping[str, Sequence[tuple[float, float]]], alt: str, xlabel: str = "step",
    ylabel: str = "loss", title: str = ""
) -> None:
    """Show one line a run; ``runs`` maps a name to ``(step, loss)`` pairs."""
    figure, (axis,) = small_multiples(1, size=(6.4, 3.4))
    for name, points in runs.items():
        steps, losses = zip(*points, strict=True)
        axis.plot(steps, losses, label=name)
    axis.set(xlabel=xlabel, ylabel=ylabel, title=title)
    if len(runs) > 1:
        axis.legend()
    show(figure, alt)


def confusion_matrix(y_true: Sequence[int], y_pred: Sequence[int], labels: Sequence[str], alt: str,
                     title: str = "") -> None:
    """Show counts of predicted (columns) against true classes (rows); class ``i`` is named
    ``labels[i]``."""
    from sklearn.metrics import confusion_matrix as count

    counts = count(y_true, y_pred, labels=range(len(labels)))
    side = 0.62 * len(labels) + 2
    figure, (axis,) = small_multiples(1, size=(side + 0.6, side))
    axis.imshow(counts, cmap="Blues")
    axis.grid(False)
    for row in range(len(labels)):
        for column in range(len(labels)):
            dark = counts[row, column] > counts.max() / 2
            axis.text(column, row, counts[row, column], ha="center", va="center",
                      color="white" if dark else "black")
    axis.set_xticks(range(len(labels)), labels)
    axis.set_yticks(range(len(labels)), labels)
    axis.set(xlabel="predicted", ylabel="true", title=title)
    show(figure, alt)


def bars(values: Mapping[str, object], alt: str, xlabel: str = "", title: str = "",
         xlim: tuple[float, float] | None = None) -> None:
    """Show horizontal bars; a value is a number, or an Interval whose bounds become whiskers."""
    figure, (axis,) = small_multiples(1, size=(6.4, 0.45 * len(values) + 1.2))
    for row, (name, value) in enumerate(values.items()):
        estimate = getattr(value, "estimate", value)
        axis.barh(row, estimate, color=PALETTE[0], height=0.62)
        if hasattr(value, "low"):
            axis.errorbar(
                estimate, row, xerr=[[estimate - value.low], [value.high - estimate]],
                color="black", capsize=3, linewidth=1.2
            )
    axis.set_yticks(range(len(values)), list(values))
    axis.invert_yaxis()
    axis.grid(axis="y", visible=False)
    axis.set(xlabel=xlabel, title=title)
    if xlim:
        axis.set_xlim(*xlim)
    show(figure, alt)
