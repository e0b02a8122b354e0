"""Training a causal language model: data parallel on CPU cores, one stream on a GPU, resumable.

Each step's documents are dealt out to ``SHARDS`` parts. A process computes the gradients
of its parts, and all processes add all parts in the same order, so the result
does not depend on how many processes there were. The matrices are in memory that
all processes share, and each process updates some of them. One thread a process
keeps matrices this small busier than many threads in one process.
"""

import json
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from helpers.errors import CourseError
from helpers.files import replace_folder
from helpers.runtime import has_bfloat16

SHARDS = 12
SAVE_EVERY = 250
WAIT = 120  # seconds a process waits for the others before it gives up


@dataclass(frozen=True)
class Schedule:
    """``steps`` in which learning rates rise for ``warmup`` steps, then fall to 0 in a line."""

    steps: int
    learning_rate: float | None = 1.5e-3  # of the matrices, by Muon; None leaves them to AdamW
    adam_rate: float = 7e-4  # of embeddings and norms, by AdamW
    warmup: int = 100
    weight_decay: float = 0.05
    clip: float = 1.0

    def rate(self, step: int) -> float:
        """Return the share of the full learning rates at ``step`` (counted from 0)."""
        return min((step + 1) / self.warmup, (self.steps - step) / self.steps)


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep torch to one CPU thread in the block: with more, threads that wait for each other slow a busy machine down."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class Trainer:
    """One process's share of the training.

    ``batches``: int16 arrays (documents, longest), one a step, filled up with ``padding`` on the
    right. A token that is read but not to be learnt stands there as its complement, ``~token``.
    """

    def __init__(self, model, batches, padding: int, schedule: Schedule, device, shards: list[int]):
        import torch

        self.model, self.batches, self.padding, self.schedule = model.to(device), batches, padding, schedule
        self.device, self.shards = device, shards
        if device.type == "cpu":  # torch's fused attention has a slow backward pass there: 1.15 s a step against 0.79 s
            model.set_attn_implementation("eager")
        self.bf16 = has_bfloat16(device)
        named = {name: p for name, p in model.named_parameters() if p.requires_grad}
        self.parameters = list(named.values())
        matrices = [p for name, p in named.items() if p.ndim == 2 and "embed" not in name and schedule.learning_rate is not None]
        others = [p for p in self.parameters if all(p is not matrix for matrix in matrices)]
        self.matrices, self.left = matrices, []  # all, and those that other processes update
        # Muon (Jordan 2024, "Muon: An optimizer for hidden layers in neural networks") makes each update of a matrix
        # orthogonal; here copying appears in about two thirds of the steps that AdamW needs.
        self.optimizers = [torch.optim.AdamW(others, lr=schedule.adam_rate, weight_decay=0.0, betas=(0.9, 0.98), fused=True)]
        if matrices:
            self.optimizers.append(
                torch.optim.Muon(matrices, lr=schedule.learning_rate, weight_decay=schedule.weight_decay, adjust_lr_fn="match_rms_adamw")
            )
        self.full_rates = (schedule.adam_rate, schedule.learning_rate)

    def gradients(self, step: int, out) -> None:
        """Write the gradient of each of this process's shards, and its loss last, into its row of ``out``."""
        import numpy
        import torch

        batch = self.batches[step % len(self.batches)]
        # Padding follows the document, so the causal mask already hides it.
        targets = max(1, int(((batch[:, 1:] != self.padding) & (batch[:, 1:] >= 0)).sum()))
        for shard in self.shards:
            part = torch.from_numpy(batch[shard :: out.shape[0]].astype(numpy.int64)).to(self.device)
            if not len(part):  # fewer documents than shards
                out[shard] = 0
                continue
            labels = part.masked_fill((part == self.padding) | (part < 0), -100)
            part = torch.where(part < 0, ~part, part)
            with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bf16):
                hidden = self.model.get_decoder()(input_ids=part).last_hidden_state[:, :-1]
                learnt = labels[:, 1:] != -100  # logits cost a third of the time: only where they are needed
                logits = self.model.get_output_embeddings()(hidden[learnt])
                loss = torch.nn.functional.cross_entropy(logits.float(), labels[:, 1:][learnt], reduction="sum")
            self.model.zero_grad()
            (loss / targets).backward()
            torch.cat([p.grad.flatten() for p in self.parameters] + [loss.detach()[None] / targets], out=out[shard])

    def share(self, memory, rank: int, processes: int) -> None:
        """Keep the matrices and their momenta in ``memory`` (2, numbers in all matrices), and update one in ``processes`` of them.

        Every process calls it with equal weights, before the first step.
        """
        start, states = 0, self.optimizers[-1].state
        for matrix in self.matrices:
            weight, momentum = (row[start : start + matrix.numel()].view_as(matrix) for row in memory)
            weight.copy_(matrix.detach())
            if matrix in states:
                momentum.copy_(states[matrix]["momentum_buffer"])
            matrix.data, states[matrix]["momentum_buffer"] = weight, momentum
            start += matrix.numel()
        self.left = [matrix for number, matrix in enumerate(self.matrices) if number % processes != rank]

    def update(self, step: int, shards) -> float:
        """Add up all ``shards``, make the optimizer's step, and return the loss in nats a token."""
        import torch

        total = shards[0].clone()
        for shard in shards[1:]:
            total += shard
        start = 0
        for parameter in self.parameters:
            parameter.grad = total[start : start + parameter.numel()].view_as(parameter)
            start += parameter.numel()
        torch.nn.utils.clip_grad_norm_(self.parameters, self.schedule.clip)
        for matrix in self.left:
            matrix.grad = None
        for optimizer, full_rate in zip(self.optimizers, self.full_rates):
            for group in optimizer.param_groups:
                group["lr"] = full_rate * self.schedule.rate(step)
            optimizer.step()
        return float(total[-1])

    def state(self) -> dict:
        """Return weights and optimizer moments as flat named tensors, as safetensors wants them."""
        tensors = {}
        for index, parameter in enumerate(self.parameters):
            tensors[f"weight.{index}"] = parameter.detach().cpu().contiguous()
            for optimizer in self.optimizers:
                for name, value in optimizer.state.get(parameter, {}).items():
                    tensors[f"{name}.{index}"] = value.cpu().contiguous()
        return tensors

    def restore(self, tensors: dict) -> None:
        """Take up the state that ``state`` returned."""
        import torch

        names = (("step", "exp_avg", "exp_avg_sq"), ("momentum_buffer",))
        owners = {p: number for number, optimizer in enumerate(self.optimizers) for p in optimizer.param_groups[0]["params"]}
        with torch.no_grad():
            for index, parameter in enumerate(self.parameters):
                parameter.copy_(tensors[f"weight.{index}"])
                owner = owners[parameter]
                self.optimizers[owner].state[parameter] = {
                    name: tensors[f"{name}.{index}"].to(self.device) for name in names[owner]
                }


def save_state(folder: Path, trainer: Trainer, step: int, losses: list[float], seconds: float) -> None:
    """Write a checkpoint from which ``train`` resumes; an interrupted write leaves the last one."""
    from safetensors.torch import save_file

    with replace_folder(folder) as fresh:
        save_file(trainer.state(), fresh / "state.safetensors")
        progress = {"step": step, "losses": losses, "seconds": seconds}
        (fresh / "progress.json").write_text(json.dumps(progress), encoding="utf-8")


def load_state(folder: Path, trainer: Trainer) -> tuple[int, list[float], float]:
    """Return the step to go on with, the losses and the seconds so far; (0, [], 0.0) where there is no checkpoint."""
    from safetensors.torch import load_file

    if not (folder / "progress.json").is_file():
        return 0, [], 0.0
    progress = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
    trainer.restore(load_file(folder / "state.safetensors"))
    return progress["step"], progress["losses"], progress["seconds"]


def _exit_with_parent() -> None:
    """End this process when the first one is gone, even if that was killed with a lock in its hand."""
    multiprocessing.parent_process().join()
    os._exit(1)


def _worker(rank: int, processes: int, build, barrier, shared, memory, state: Path) -> None:
    """A helper process: the same steps as the first one, on its own shards."""
    import signal

    import torch

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process decides when to stop
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    trainer = build(shards=list(range(rank, SHARDS, processes)))
    step, *_ = load_state(state, trainer)
    trainer.share(memory, rank, processes)
    try:
        barrier.wait(WAIT)  # nobody updates before everybody has begun from the same weights
        while step < trainer.schedule.steps:
            trainer.gradients(step, shared)
            barrier.wait(WAIT)
            trainer.update(step, shared)
            barrier.wait(WAIT)
            step += 1
    except threading.BrokenBarrierError:
        return


def train(build, state: Path, processes: int) -> tuple[Trainer, list[float], float]:
    """Train to the end of the schedule; resume from ``state`` if an earlier run stopped there.

    ``build(shards)`` makes a Trainer; with more than one process it is pickled,
    so it must be a module-level function or a ``functools.partial`` of one.
    Returns the trainer, the loss of every step, and the seconds that all steps took.
    """
    import torch
    from tqdm.auto import tqdm

    trainer = build(shards=list(range(0, SHARDS, processes)))
    step, losses, seconds = load_state(state, trainer)
    began = time.perf_counter() - seconds
    size = sum(p.numel() for p in trainer.parameters) + 1
    shared = torch.zeros(SHARDS, size, device=trainer.device)
    helpers, barrier = [], None
    if processes > 1 and step < trainer.schedule.steps:
        context = torch.multiprocessing.get_context("spawn")
        barrier = context.Barrier(processes)
        shared.share_memory_()
        memory = torch.zeros(2, sum(matrix.numel() for matrix in trainer.matrices)).share_memory_()
        trainer.share(memory, 0, processes)
        helpers = [
            context.Process(target=_worker, args=(rank, processes, build, barrier, shared, memory, state), daemon=True)
            for rank in range(1, processes)
        ]
        for helper in helpers:
            helper.start()
    trainer.model.train()
    try:
        if barrier:
            barrier.wait(WAIT)  # until all have started
        with one_thread(), tqdm(total=trainer.schedule.steps, initial=step, desc="grow", unit="step", mininterval=1) as bar:
            while step < trainer.schedule.steps:
                trainer.gradients(step, shared)
                if barrier:
                    barrier.wait(WAIT)
                losses.append(trainer.update(step, shared))
                step += 1
                seconds = time.perf_counter() - began
                if barrier:
                    barrier.wait(WAIT)
                if step % SAVE_EVERY == 0 or step == trainer.schedule.steps:
                    save_state(state, trainer, step, losses, seconds)
                bar.update()
                bar.set_postfix(loss=f"{losses[-1]:.3f}", refresh=False)
    except threading.BrokenBarrierError:
        raise CourseError("A helper process stopped. Run again with processes=1; training goes on where it was saved.") from None
    finally:
        if barrier:
            barrier.abort()
        for helper in helpers:
            helper.join(10)
            if helper.is_alive():
                helper.terminate()
    return trainer, losses, seconds
