"""`racer bench`: how fast each floor of the house is, measured so that two runs can be compared.

Every layer runs in a process of its own, pinned to as many cores as it has threads, with fixed
settings of the memory allocator and of OpenMP. Rates are the median over repeats (the best is given
too), CPU time stands beside wall time, and what is compared is measured within one run.
"""

LAYERS = ("engine", "env", "sb3", "train", "peers")
"""From the engine alone to whole training runs; `peers` are other simulators, if installed."""
