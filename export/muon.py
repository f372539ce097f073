"""Muon (Jordan et al., 2024): momentum whose update of each matrix is made orthogonal.

A convolution counts as the matrix (output channels, everything else).
"""

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim import Optimizer

MOMENTUM = 0.95
# Odd polynomial a x + b x^3 + c x^5 whose iteration drives singular values towards 1, as
# published with Muon; it settles between about 0.7 and 1.2, which is near enough.
STEPS = 5
A, B, C = 3.4445, -4.7750, 2.0315


class Muon(Optimizer):
    """Muon with decoupled weight decay, for dense convolutions ``(O, I, height, width)``.

    Args:
        kernels: The weights to train.
        lr: Learning rate: about the spectral norm of one update.
        weight_decay: As a part of the learning rate.
    """

    def __init__(self, kernels: Iterable[Tensor], lr: float, weight_decay: float) -> None:
        super().__init__(kernels, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update every kernel; all must have gradients."""
        for group in self.param_groups:
            rate = group["lr"]
            for kernels in _of_one_shape(group["params"]):
                update = orthogonal(self._momentum(kernels))
                tall = max(1.0, update.shape[1] / update.shape[2]) ** 0.5
                for kernel, matrix in zip(kernels, update, strict=True):
                    outputs, inputs, height, width = kernel.shape
                    step = matrix.view(outputs, height, width, inputs).permute(0, 3, 1, 2)
                    kernel.mul_(1 - rate * group["weight_decay"]).add_(step, alpha=-rate * tall)

    def _momentum(self, kernels: list[Tensor]) -> Tensor:
        """Nesterov momentum of kernels of one shape: ``(kernels, O, height * width * I)``."""
        gradients = torch.stack([_matrix(kernel.grad) for kernel in kernels])
        state = self.state[kernels[0]]
        if not state:
            state["momentum"] = torch.zeros_like(gradients)
        state["momentum"].lerp_(gradients, 1 - MOMENTUM)
        return gradients.lerp(state["momentum"], MOMENTUM)


def orthogonal(matrices: Tensor) -> Tensor:
    """The nearest matrices whose singular values are all about 1: ``(N, rows, columns)``."""
    tall = matrices.shape[1] > matrices.shape[2]
    x: Tensor = matrices.mT if tall else matrices
    x = x / (torch.linalg.matrix_norm(x, keepdim=True) + 1e-7)
    for _ in range(STEPS):
        gram = x @ x.mT
        x = A * x + (B * gram + C * gram @ gram) @ x
    return x.mT if tall else x


def _matrix(gradient: Tensor | None) -> Tensor:
    if gradient is None:
        raise ValueError("a kernel has no gradient")
    # Channels last, as the gradient lies in memory; any fixed order of the columns would do.
    return gradient.permute(0, 2, 3, 1).reshape(len(gradient), -1)


def _of_one_shape(kernels: Iterable[Tensor]) -> Iterable[list[Tensor]]:
    """Groups that can be multiplied as one batch."""
    groups: dict[tuple[int, int], list[Tensor]] = defaultdict(list)
    for kernel in kernels:
        groups[len(kernel), kernel[0].numel()].append(kernel)
    return groups.values()
