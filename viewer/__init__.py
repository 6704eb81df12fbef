"""The viewer: everything that becomes pixels (installs as ``racer.viewer``).

Shared: ``shapes`` (what a scene is made of, numpy only), ``camera``, ``palette``, ``art`` (shapes
to pixels), ``text``, ``window``, ``offscreen`` (pictures and films without a display). A folder for
each kind of world: ``circuit`` and ``highway`` each have ``scene``, ``cars``, ``hud``, ``stage``
(all of these together), ``app`` (in a window), ``films`` and ``play`` (what ``racer play`` opens).
The game without its pixels is ``racer.play``.

Importing the package itself needs numpy only; its modules that draw need the extra ``view``.
"""

import os

# pygame greets on standard output, which belongs to the commands' own answers.
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
