"""Checks of arguments that several commands share, before any work is done."""

from __future__ import annotations


def check_seed(seed: int) -> None:
    """Raises ConfigError for a seed that the generators do not take."""
    from racer.errors import ConfigError

    if not 0 <= seed < 1 << 64:
        raise ConfigError(f"a seed is a whole number from 0 to 2^64 - 1, not {seed}.")


def check_person(name: str, option: str) -> None:
    """Raises an error unless laps can be filed under a person's name.

    Raises:
        LapError: the name is too long or not printable.
        ConfigError: it is empty, or the name of one of Racer's own drivers.
    """
    from racer.drivers import BUILT_IN
    from racer.errors import ConfigError
    from racer.formats.lookalike import skeleton
    from racer.laps import check_claim

    if not name.strip():
        raise ConfigError(f"{option} is empty; it is a person's name.")
    check_claim(name, option)
    if skeleton(name) in {skeleton(driver) for driver in (*BUILT_IN, "predictive")}:
        raise ConfigError(
            f"{option} {name}: is the name of one of Racer's drivers, not a person's."
        )


def check_device(device: str) -> None:
    """Raises an error unless a person can say to steer with a device.

    Raises:
        LapError: the text is too long or not printable.
        ConfigError: it is empty, or what Racer files its own drivers under.
    """
    from racer.errors import ConfigError
    from racer.formats.lookalike import skeleton
    from racer.laps import check_claim

    check_claim(device, "--device")
    own = ("agent", "scripted", "replay")
    if not device.strip() or skeleton(device) in {skeleton(name) for name in own}:
        raise ConfigError(
            f"--device {device!r}: a person steers with a keyboard, a gamepad or a wheel;"
            f" {', '.join(own)} are what Racer's drivers are filed under."
        )
