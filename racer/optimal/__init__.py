"""The minimum-time lap: the bound that every lap time can be measured against.

`reference` reads results and needs nothing but NumPy; `solve` computes them and needs the extra
`optimal` (casadi); `quasi_steady` is the fast estimate; `replay` checks a result in the engine.
"""
