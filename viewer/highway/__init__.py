"""The highway on screen.

Reading order: ``views`` (what a picture shows, numpy only), ``scene``, ``cars``, ``hud``, ``stage``
(all of these together, and what an environment's ``render`` shows), ``keys`` (the human driver),
``drive`` (episodes, frame by frame, no pixels), ``app`` (in a window) and ``films``.
"""
