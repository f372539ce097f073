"""The Muon optimizer."""

import pytest
import torch
from torch import nn

from armlet.export.muon import Muon, orthogonal

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("shape", [(3, 24, 27), (2, 48, 24), (1, 8, 8)])
def test_update_has_singular_values_of_about_one(shape: tuple[int, int, int]) -> None:
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 1e-3
    update = orthogonal(matrices)
    assert update.shape == shape
    # The iteration promises 0.7 to 1.2 for all but the smallest singular values.
    values = torch.linalg.svdvals(update)
    assert values.max() < 1.25
    assert values.median() > 0.65
    # The direction is the matrix's own: U V of its decomposition U S V.
    u, _, v = torch.linalg.svd(matrices, full_matrices=False)
    cosine = nn.functional.cosine_similarity(update.flatten(1), (u @ v).flatten(1))
    assert cosine.min() > 0.95


def test_step_goes_down_and_decays() -> None:
    kernel = nn.Parameter(torch.full((4, 2, 3, 3), 0.5))
    before = kernel.detach().clone()
    optimizer = Muon([kernel], lr=0.1, weight_decay=0.5)
    kernel.grad = torch.randn(kernel.shape, generator=torch.Generator().manual_seed(0))
    optimizer.step()
    update = (kernel.detach() - before * (1 - 0.1 * 0.5)) / -0.1
    assert (update * kernel.grad).sum() > 0
    values = torch.linalg.svdvals(update.permute(0, 2, 3, 1).reshape(4, 18))
    assert values.min() > 0.5
    assert values.max() < 1.3


def test_finds_a_linear_map() -> None:
    random = torch.Generator().manual_seed(0)
    wanted = torch.randn(6, 5, 1, 1, generator=random) * 0.3
    layer = nn.Conv2d(5, 6, 1, bias=False)
    optimizer = Muon(layer.parameters(), lr=0.1, weight_decay=0.0)
    losses = []
    for step in range(60):
        for group in optimizer.param_groups:
            group["lr"] = 0.1 * (1 - step / 60)
        x = torch.randn(32, 5, 1, 1, generator=random)
        loss = (layer(x) - nn.functional.conv2d(x, wanted)).square().mean()
        layer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 10
