"""Computes minimum-time laps; needs the extra `optimal` (casadi).

`solve` is the solver, `quasi_steady` the fast estimate, `replay` checks a result in the engine,
`prove` drives laps near it, `compute` does all of it for one circuit.
"""
