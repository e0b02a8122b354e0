"""Checks of lesson 05: a layer of neurons, a training step over pieces, an evaluation that leaves
no trace."""

from helpers.exercises import exercise, require


@exercise("05.1")
def layer(answer) -> str:
    """``layer(x, W, b)``: ReLU neurons on a batch; (n, d), (k, d), (k,) → (n, k)."""
    import torch

    generator = torch.Generator().manual_seed(0)
    x = torch.randn(5, 3, generator=generator)
    W = torch.randn(4, 3, generator=generator, requires_grad=True)
    b = torch.randn(4, generator=generator)
    weighted = x @ W.detach().T
    result = answer(x, W, b)
    require(result is not None, "layer returns None: it still needs its line.")
    require(torch.is_tensor(result), f"layer returns a {type(result).__name__}; return the tensor "
                                     "itself.")
    require(
        result.shape == (5, 4),
        f"For 5 rows and 4 neurons the result has shape {tuple(result.shape)}, not (5, 4): one row "
        "an example, one column a neuron.",
    )
    values = result.detach()
    require(not torch.allclose(values, weighted + b),
            "The weighted sums are right; the activation is still missing: some results are "
            "negative.")
    require(not torch.allclose(values, weighted.relu()), "The biases b are not used.")
    require(not torch.allclose(values, weighted.relu() + b),
            "A bias belongs to the sum that the activation sees; yours comes after it.")
    require(bool((values >= 0).all()), f"ReLU never gives a negative number; the smallest here is "
                                       f"{values.min():.2f}.")
    require(
        torch.allclose(values, (weighted + b).relu(), atol=1e-6),
        "The shape is right, the numbers are not: which axis of x meets which axis of W?",
    )
    require(result.requires_grad, "The numbers are right, but autograd cannot follow them back to "
                                  "W (detach, item and numpy cut the path).")
    return (
        "Four neurons on five examples are one matrix product, and nn.Linear followed by nn.ReLU "
        "gives the same."
    )


@exercise("05.2")
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


@exercise("05.3")
def accuracy(answer) -> str:
    """``accuracy(network, inputs, targets)``: a float between 0 and 1; the network's mode is as
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
    require(result is not None, "accuracy returns None: return the share of rows predicted "
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
