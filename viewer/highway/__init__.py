"""The highway on screen.

Reading order: ``scene``, ``cars``, ``hud``, ``stage`` (all of these together, and what an
environment's ``render`` shows), ``app`` (in a window), ``films`` and ``play``. Who drives, frame by
frame and without pixels, is ``racer.play.highway``.
"""
