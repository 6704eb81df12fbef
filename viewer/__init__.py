"""The viewer: everything that becomes pixels (installs as ``racer.viewer``).

Reading order: ``scene`` (a track as shapes, numpy only), ``camera``, ``art`` (shapes to pixels),
``cars``, ``hud``, ``stage`` (all of these together), ``timing`` (live splits and gaps),
``keyboard`` (the human driver), ``race`` (who drives what), ``offscreen`` (pictures and films
without a display), ``app`` (driving in a window) and ``replay`` (lap files in a window).

Importing the package itself needs numpy only; its modules that draw need the extra ``view``.
"""

import os

# pygame greets on standard output, which belongs to the commands' own answers.
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
