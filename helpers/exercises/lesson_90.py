"""Checks of the template lesson: rows for an interval, the majority baseline, the rows that decide
a comparison."""

from helpers.exercises import exercise, require


@exercise("90.1")
def rows_needed(answer) -> str:
    """``rows_needed(half_width, p)``: the whole number of rows for an interval of ± ``half_width``.
    """
    rows = answer(0.05, 0.5)
    require(rows is not None, "rows_needed returns None: it still needs its line.")
    require(abs(rows - 9.8) > 1, "The rows grow with the square of 1 / half_width; yours grow with "
                                 "1 / half_width.")
    require(383 < rows < 386, f"For plus or minus 0.05 at p = 0.5 it returns {rows}; put that back "
                              "into the formula: is half the width 0.05?")
    require(isinstance(rows, int), f"It returns {rows!r}; rows come in whole numbers.")
    require(rows > 384.16, "384 rows leave the interval a little too wide: which way must a "
                           "fraction of a row be rounded?")
    require(answer(0.05, 0.9) < rows, "At p = 0.9 fewer rows are enough than at p = 0.5; yours "
                                      "does not look at p.")
    return "Half the width costs four times the rows; a test set of ten rows tells almost nothing."


@exercise("90.2")
def majority_accuracy(answer) -> str:
    """``majority_accuracy(train_labels, test_labels)``: accuracy of the most frequent training
    label."""
    train, test = ["b", "a", "b", "c"], ["a", "a", "b", "a", "c"]
    share = answer(train, test)
    require(share is not None, "majority_accuracy returns None: return the share of test labels "
                               "that are guessed.")
    require(not 1 < share <= 100, f"It returns {share}; return a share between 0 and 1.")
    require(abs(share - 0.6) > 1e-9, "The label was chosen on the test labels: the baseline has "
                                     "seen the answers.")
    require(abs(share - 0.5) > 1e-9, "That is the share among the training labels; the guess is "
                                     "judged on the test labels.")
    require(abs(share - 0.2) < 1e-9, f"For training labels {train} and test labels {test} it "
                                     f"returns {share}; which label is guessed, how often is it "
                                     "right?")
    require(abs(answer([1, 1, 2], [1, 1, 1, 2]) - 0.75) < 1e-9,
            "It is right for letters and wrong for numbers.")
    return (
        "Whatever the classes are, this is the accuracy that costs nothing: every model has to "
        "beat it."
    )


@exercise("90.3")
def won_and_lost(answer) -> str:
    """``won_and_lost(first, second)``: rows that only the first, and only the second, got right."""
    first = [True, True, True, True, False, False]
    second = [True, False, False, False, True, False]
    counts = answer(first, second)
    require(counts is not None, "won_and_lost returns None: return two counts.")
    require(hasattr(counts, "__len__") and len(counts) == 2,
            f"It returns {counts!r}; return two counts, for the first and for the second.")
    won, lost = counts
    require((won, lost) != (4, 2), "Those are all the right rows of each; leave out the rows that "
                                   "both got right.")
    require((won, lost) != (1, 3), "The two counts are the wrong way round: the first model's "
                                   "comes first.")
    require((won, lost) == (3, 1), f"In six rows with three that only the first has right and one "
                                   f"that only the second has, it returns {won} and {lost}.")
    return (
        "Only rows on which the models disagree decide; McNemar's test (1947) looks at nothing "
        "else."
    )
