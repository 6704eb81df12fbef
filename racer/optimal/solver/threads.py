"""The solver's threads; imported before casadi, whose libraries read this variable when loaded."""

import os

# The blocks of its matrices are small: a second thread doubles the processor time and saves none.
os.environ.setdefault("OMP_NUM_THREADS", "1")
