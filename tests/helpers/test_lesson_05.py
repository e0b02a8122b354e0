"""The checks of lesson 05: the stub, wrong answers each with its own message, the right answer; and
the lesson's own sample file."""

import importlib.util

import pytest
import torch
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers import measure
from helpers.exercises import ExerciseError, check
from helpers.files import DATA


def verdict(identifier, answer, capsys):
    check(identifier, answer)
    return capsys.readouterr().out


def refused(identifier, answer, hint, capsys):
    printed = verdict(identifier, answer, capsys)
    assert printed.startswith(f"Exercise {identifier}: not yet. ")
    assert hint in printed
    with pytest.raises(ExerciseError, match="not yet"):
        check(identifier, answer, strict=True)


def solved(identifier, answer, capsys):
    printed = verdict(identifier, answer, capsys)
    assert printed.startswith(f"Exercise {identifier}: solved. "), printed
    check(identifier, answer, strict=True)


def stub(*arguments): ...


# 05.1


def right_step(network, optimizer, loss_function, pieces):
    optimizer.zero_grad()
    total = 0.0
    for inputs, targets in pieces:
        loss = loss_function(network(inputs), targets) / len(pieces)
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total


def no_step(network, optimizer, loss_function, pieces):
    return sum(loss_function(network(inputs), targets).item()
               for inputs, targets in pieces) / len(pieces)


def a_step_each(network, optimizer, loss_function, pieces):
    for inputs, targets in pieces:
        optimizer.zero_grad()
        loss = loss_function(network(inputs), targets)
        loss.backward()
        optimizer.step()
    return loss.item()


def never_cleared(network, optimizer, loss_function, pieces):
    total = 0.0
    for inputs, targets in pieces:
        loss = loss_function(network(inputs), targets) / len(pieces)
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total


def cleared_before_the_step(network, optimizer, loss_function, pieces):
    for inputs, targets in pieces:
        (loss_function(network(inputs), targets) / len(pieces)).backward()
    optimizer.zero_grad()
    optimizer.step()
    return 0.0


def summed(network, optimizer, loss_function, pieces):
    optimizer.zero_grad()
    total = 0.0
    for inputs, targets in pieces:
        loss = loss_function(network(inputs), targets)
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total / len(pieces)


def cleared_in_each_piece(network, optimizer, loss_function, pieces):
    total = 0.0
    for inputs, targets in pieces:
        optimizer.zero_grad()
        loss = loss_function(network(inputs), targets) / len(pieces)
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total


def returns_tensor(network, optimizer, loss_function, pieces):
    return torch.tensor(right_step(network, optimizer, loss_function, pieces))


def returns_sum(network, optimizer, loss_function, pieces):
    return len(pieces) * right_step(network, optimizer, loss_function, pieces)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (stub, "returns None"),
        (no_step, "never took a step"),
        (a_step_each, "took 3 steps"),
        (cleared_before_the_step, "no weight changed"),
        (never_cleared, "leak into this one"),
        (summed, "3 times that of the whole batch"),
        (cleared_in_each_piece, "does every piece contribute"),
        (returns_tensor, "a plain number"),
        (returns_sum, "the mean over the whole batch"),
    ],
)
def test_training_step_wrong(answer, hint, capsys):
    refused("05.1", answer, hint, capsys)


def test_training_step_right(capsys):
    solved("05.1", right_step, capsys)


# 05.2


def right_accuracy(network, inputs, targets):
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        right = network(inputs).argmax(dim=1) == targets
    network.train(was_training)
    return right.float().mean().item()


def never_eval(network, inputs, targets):
    with torch.inference_mode():
        return (network(inputs).argmax(dim=1) == targets).float().mean().item()


def with_gradients(network, inputs, targets):
    network.eval()
    share = (network(inputs).argmax(dim=1) == targets).float().mean().item()
    network.train()
    return share


def left_in_eval(network, inputs, targets):
    network.eval()
    return never_eval(network, inputs, targets)


def always_train(network, inputs, targets):
    share = left_in_eval(network, inputs, targets)
    network.train()
    return share


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (stub, "returns None"),
        (lambda network, inputs, targets: 0.75, "never called"),
        (never_eval, "in training mode"),
        (with_gradients, "Autograd was recording"),
        (left_in_eval, "left in evaluation mode"),
        (always_train, "left in training mode"),
        (lambda *a: torch.tensor(right_accuracy(*a)), "a tensor"),
        (lambda *a: 100 * right_accuracy(*a), "between 0 and 1"),
        (lambda *a: 1 - right_accuracy(*a), "not 0.75"),
    ],
)
def test_accuracy_wrong(answer, hint, capsys):
    refused("05.2", answer, hint, capsys)


def test_accuracy_right(capsys):
    solved("05.2", right_accuracy, capsys)


# 05.3


def interval_and_name(X, y, right_of, read=None):
    interval = measure.paired_difference(*right_of(X, y))
    reading = ("logistic regression" if interval.low > 0
               else "gradient boosting" if interval.high < 0 else "undecided")
    return interval, read(interval) if read else reading


def held_out(X, y):
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    trees = HistGradientBoostingClassifier(random_state=0)
    return [(cross_val_predict(model, X, y, cv=folds) == y).astype(float)
            for model in (linear, trees)]


def learned(X, y):
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    trees = HistGradientBoostingClassifier(random_state=0)
    return [(model.fit(X, y).predict(X) == y).astype(float) for model in (linear, trees)]


def right_ship(X, y):
    return interval_and_name(X, y, held_out)


def wrong_way_round(X, y):
    linear, trees = held_out(X, y)
    return measure.paired_difference(trees, linear), "undecided"


def unpaired(X, y):
    linear, trees = held_out(X, y)
    low, high = measure.bootstrap(linear), measure.bootstrap(trees)
    return measure.Interval(low.estimate - high.estimate, low.low - high.high,
                            low.high - high.low), "logistic regression"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (stub, "returns None"),
        (lambda X, y: right_ship(X, y)[0], "return two things"),
        (lambda X, y: (0.1, "undecided"), "interval of helpers.measure"),
        (lambda X, y: (right_ship(X, y)[0], "the first"), "it is one of"),
        (wrong_way_round, "wrong sign"),
        (lambda X, y: interval_and_name(X, y, learned), "learned from"),
        (lambda X, y: (measure.Interval(0.5, 0.4, 0.6), "undecided"), "both models as asked"),
        (unpaired, "compare row by row"),
        (lambda X, y: (right_ship(X, y)[0], "undecided"), "which side of zero"),
        (lambda X, y: interval_and_name(X, y, held_out, read=lambda i: "logistic regression"
                                        if i.estimate > 0 else "gradient boosting"),
         "which side of zero"),
    ],
)
def test_which_to_ship_wrong(answer, hint, capsys):
    refused("05.3", answer, hint, capsys)


def test_which_to_ship_right(capsys):
    solved("05.3", right_ship, capsys)


def test_no_hint_gives_the_answer_away(capsys):
    for identifier in ("05.1", "05.2", "05.3"):
        printed = verdict(identifier, stub, capsys)
        assert not any(piece in printed for piece in ("@", "zero_grad()", ".eval()",
                                                      "inference_mode()"))


# The sample of "Your own data"


def test_seedlings_are_what_their_recipe_writes():
    spec = importlib.util.spec_from_file_location("seedlings", DATA / "own" / "seedlings.py")
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    assert recipe.PATH.read_bytes() == recipe.text().encode("utf-8")
    rows = recipe.rows()
    assert len(rows) == 300
    assert {row["grade"] for row in rows} == {"sell", "hold"}
    assert recipe.rows(seed=1) != rows
