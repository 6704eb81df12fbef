"""Torch's threads; imported before torch, which reads these variables when it is loaded."""

import os

# Threads sleep while they wait, and one is enough for small networks.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("OMP_NUM_THREADS", "1")


def one_per_process() -> None:
    """Two threads that wait for each other can be thirty times slower than one."""
    import torch

    torch.set_num_threads(1)
