"""Checks of lesson 05: a training step over pieces, an evaluation that leaves no trace, and which
of two models to ship."""

from helpers.exercises import exercise, require


@exercise("05.1")
def training_step(answer) -> str:
    """``training_step(network, optimizer, loss_function, pieces)``: one update from equal pieces;
    returns the mean loss."""
    import torch
    from torch import nn

    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(12, 3, generator=generator)
    targets = torch.randint(0, 2, (12,), generator=generator)
    pieces = list(zip(inputs.split(4), targets.split(4), strict=True))
    loss_function = nn.CrossEntropyLoss()

    def fresh():
        torch.manual_seed(0)
        network = nn.Linear(3, 2)
        return network, _counting_sgd(network, lr=0.5)

    def weights(network):
        return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])

    expected, optimizer = fresh()
    whole = loss_function(expected(inputs), targets)
    whole.backward()
    optimizer.step()

    network, optimizer = fresh()
    start = weights(network)
    loss = answer(network, optimizer, loss_function, pieces)
    require(loss is not None, "training_step returns None: it should update the network and return "
                              "the mean loss.")
    require(optimizer.steps > 0, "The optimizer never took a step, so no weight changed.")
    require(
        optimizer.steps == 1,
        f"The optimizer took {optimizer.steps} steps; three pieces of one batch are one update.",
    )
    moved = weights(network) - start
    require(bool(moved.abs().max() > 0), "A step was taken, but no weight changed: are there "
                                         "gradients at the moment of the step?")

    stale, optimizer = fresh()
    for parameter in stale.parameters():
        parameter.grad = torch.full_like(parameter, 10.0)
    answer(stale, optimizer, loss_function, pieces)
    wanted = weights(expected) - start
    require(
        torch.allclose(weights(stale), weights(network), atol=1e-6),
        "Gradients left by an earlier step leak into this one: something must be cleared first.",
    )
    require(
        not torch.allclose(moved, wanted * len(pieces), atol=1e-5),
        f"The update is {len(pieces)} times that of the whole batch: the pieces' gradients add up, "
        "but a batch's loss is a mean.",
    )
    require(
        torch.allclose(moved, wanted, atol=1e-5),
        "The update differs from that of the whole batch: does every piece contribute, and each "
        "with the same share?",
    )
    require(not torch.is_tensor(loss), "The loss returned is a tensor, which keeps its whole graph "
                                       "in memory: return a plain number.")
    require(
        abs(loss - whole.item()) < 1e-5,
        f"The loss returned is {loss:.4f}; the mean over the whole batch, before the update, is "
        f"{whole.item():.4f}.",
    )
    return (
        "Three pieces give the update of the whole batch: this is gradient accumulation, for "
        "batches that do not fit in memory."
    )


def _counting_sgd(network, lr: float):
    """Return plain SGD that counts its steps in ``.steps``."""
    import torch

    class Counting(torch.optim.SGD):
        steps = 0

        def step(self, closure=None):
            self.steps += 1
            return super().step(closure)

    return Counting(network.parameters(), lr=lr)


@exercise("05.2")
def accuracy_of(answer) -> str:
    """``accuracy_of(network, inputs, targets)``: a float between 0 and 1; the network's mode is as
    before."""
    import torch
    from torch import nn

    class Watched(nn.Module):
        """Column 0 is larger for rows 0 to 2; notes the state it is called in."""

        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1))
            self.seen = []

        def forward(self, x):
            self.seen.append((self.training, torch.is_grad_enabled(), len(x)))
            return x * self.weight

    inputs = torch.tensor([[2.0, 0.0], [2.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
    targets = torch.tensor([0, 0, 1, 1])
    network = Watched().train()
    result = answer(network, inputs, targets)
    require(result is not None, "accuracy_of returns None: return the share of rows predicted "
                                "correctly.")
    require(network.seen, "The network was never called on the inputs.")
    require(not any(training for training, _, _ in network.seen),
            "The network predicted in training mode: dropout would still drop.")
    require(
        not any(grad for _, grad, _ in network.seen),
        "Autograd was recording while the network predicted: memory for gradients that nobody will "
        "ask for.",
    )
    require(not torch.is_tensor(result), "The result is a tensor; return a plain number.")
    require(not 1 < result <= 100, f"The result is {result}; return a share between 0 and 1.")
    require(abs(result - 0.75) < 1e-6, f"For 3 right rows of 4 the result is {result}, not 0.75.")
    require(network.training, "The network came in training mode and left in evaluation mode: the "
                              "next epoch would train without dropout.")
    network.eval()
    answer(network, inputs, targets)
    require(not network.training, "The network came in evaluation mode and left in training mode: "
                                  "restore what you found.")
    return "Evaluation leaves no trace: no graph, no dropout, and the mode as it was."


@exercise("05.3")
def which_to_ship(answer) -> str:
    """``which_to_ship(X, y)``: the paired interval, logistic regression minus gradient boosting,
    and its reading."""
    import numpy

    readings = ("logistic regression", "gradient boosting", "undecided")
    for name, (X, y) in _tables().items():
        result = answer(X, y)
        require(result is not None, "which_to_ship returns None: return the interval and its "
                                    "reading.")
        require(isinstance(result, tuple) and len(result) == 2,
                f"It returns {result!r}; return two things, the interval and a name.")
        interval, reading = result
        require(hasattr(interval, "low"), f"The first thing returned is {interval!r}; return the "
                                          "interval of helpers.measure.")
        require(reading in readings, f"The reading is {reading!r}; it is one of {readings}.")
        held_out = _difference(X, y)
        expected = held_out.mean()
        require(numpy.isclose(expected, interval.estimate) or
                not numpy.isclose(-expected, interval.estimate),
                "The difference has the wrong sign: it is logistic regression minus gradient "
                "boosting.")
        require(numpy.isclose(expected, interval.estimate) or
                not numpy.isclose(_difference(X, y, held_out=False).mean(),
                                  interval.estimate),
                "The models were judged on rows that they have learned from.")
        require(abs(expected - interval.estimate) < 0.011,
                f"On {name} the difference is {interval.estimate:.3f}, not {expected:.3f}: are the "
                "columns scaled, the five parts the same, and both models as asked?")
        require(interval.high - interval.low < 1.2 * _width(held_out),
                f"On {name} the interval is {interval.high - interval.low:.3f} wide, wider than a "
                "paired one: compare row by row.")
        right = (readings[0] if interval.low > 0 else readings[1] if interval.high < 0
                 else readings[2])
        require(reading == right, f"On {name} the interval is {interval}, and your reading is "
                                  f"{reading!r}: on which side of zero does it lie?")
    return ("A straight border suits one, a middle between two sides the other, and where the "
            "interval contains zero, the simpler model is the one to ship.")


def _tables() -> dict[str, tuple]:
    """Return three small tables: one for each reading."""
    import numpy

    draw = numpy.random.default_rng(0)
    X = draw.normal(size=(160, 6))
    noise = draw.normal(size=160)
    scales = numpy.array([1, 10, 100, 1, 10, 100])
    return {
        "a table with a straight border": (X * scales, (X.sum(axis=1) + 0.3 * noise > 0) * 1),
        "a table with a middle": (X * scales, (abs(X[:, 0]) + 0.1 * noise > 0.7) * 1),
        "a table without a rule": (X * scales, (noise > 0) * 1),
    }


def _difference(X, y, held_out: bool = True):
    """Return, row by row, whether logistic regression is right minus whether boosting is."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    models = (make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
              HistGradientBoostingClassifier(random_state=0))
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    linear, trees = (
        (cross_val_predict(model, X, y, cv=folds) if held_out else model.fit(X, y).predict(X)) == y
        for model in models
    )
    return linear.astype(float) - trees


def _width(differences) -> float:
    """Return the width of a 95 % interval of the mean by the normal approximation."""
    return 2 * 1.96 * differences.std() / len(differences) ** 0.5
