"""`racer bench`: how fast each floor of the house is, measured so that two runs can be compared.

Every layer runs in a process of its own, pinned to as many cores as it has threads, with fixed
settings of the memory allocator and of OpenMP. Rates are the median over repeats (the best is given
too), CPU time stands beside wall time, and what is compared is measured within one run.
"""

LAYERS = (
    "engine",
    "highway",
    "scaling",
    "limit",
    "env",
    "sb3",
    "policy",
    "train",
    "pipeline",
    "peers",
)
"""From the engine alone to whole training runs.

`limit` is what the processor could do at best, `peers` are other simulators in a venv of their own.
"""
