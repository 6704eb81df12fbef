"""What a kind of world has that brings nothing of its own but worlds.

`worlds` is the base of worlds that are written in Python; the other modules are the parts that a
record of `racer.kinds` has unless it names others, with the file names that every kind uses.
"""
