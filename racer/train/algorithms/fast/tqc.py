"""sb3-contrib's TQC with the faster update of `FastSAC`; the same mathematics."""

from __future__ import annotations

import torch
from sb3_contrib import TQC

from racer.train.algorithms.fast.sac import FastUpdate


class FastTQC(FastUpdate, TQC):
    """`sb3_contrib.TQC` with a faster update; see `racer.train.algorithms.fast.sac.FastSAC`."""

    def target_values(self, outputs: list[torch.Tensor]) -> torch.Tensor:
        """The quantiles of all critics without the highest."""
        kept = sum(output.shape[1] - self.top_quantiles_to_drop_per_net for output in outputs)
        return torch.cat(outputs, 1).sort(1).values[:, :kept]

    def critic_slopes(
        self, outputs: list[torch.Tensor], targets: torch.Tensor
    ) -> tuple[list[torch.Tensor], torch.Tensor]:
        """Of the mean quantile Huber loss over critics, quantiles and targets."""
        rows, quantiles = outputs[0].shape
        places = (torch.arange(quantiles, dtype=torch.float32) + 0.5).div_(quantiles)[:, None]
        pairs = rows * len(outputs) * quantiles * targets.shape[1]
        slopes, losses = [], []
        for output in outputs:
            errors = targets[:, None, :] - output[:, :, None]
            weights = torch.where(errors < 0.0, 1.0 - places, places)
            clipped = errors.clamp(-1.0, 1.0)
            # The Huber loss is c (e - c / 2) with c = e clipped: quadratic, then linear.
            losses.append((weights * clipped * (errors - 0.5 * clipped)).sum())
            slopes.append((weights * clipped).sum(2).div_(-pairs))
        return slopes, torch.stack(losses).sum() / pairs

    def value_slopes(self, outputs: list[torch.Tensor]) -> tuple[list[torch.Tensor], torch.Tensor]:
        """All quantiles of all critics alike."""
        share = 1.0 / (len(outputs) * outputs[0].numel())
        value = torch.stack([output.mean() for output in outputs]).mean()
        return [torch.full_like(output, share) for output in outputs], value
