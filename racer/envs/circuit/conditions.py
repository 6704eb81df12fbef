"""Cars that are not the frozen one: other grip, other mass. They show how robust a driver is.

Drivers that know the car go on to plan with the frozen one, and laps prove nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from racer.errors import ConfigError

LEAST: Final = 0.5
MOST: Final = 1.5
NOT_FROZEN: Final = "not the frozen one"


@dataclass(frozen=True)
class CarConditions:
    """What a car's friction and mass are multiplied by.

    Attributes:
        grip: factor of the tyres' friction.
        mass: factor of the mass and of the yaw inertia.

    Raises:
        ConfigError: a factor is no number from 0.5 to 1.5.
    """

    grip: float = 1.0
    mass: float = 1.0

    def __post_init__(self) -> None:
        for name in ("grip", "mass"):
            value = getattr(self, name)
            if not LEAST <= value <= MOST:
                raise ConfigError(f"{name} must be {LEAST:g} to {MOST:g}, got {value:g}.")

    @property
    def frozen(self) -> bool:
        """Whether this is the car of the physics fingerprint."""
        return self.grip == 1.0 and self.mass == 1.0

    def as_json(self) -> dict[str, Any]:
        """What a report says: the factors that are not 1, and that this is not the physics."""
        factors = {name: getattr(self, name) for name in ("grip", "mass")}
        changed = {name: value for name, value in factors.items() if value != 1.0}
        return {**changed, "physics": NOT_FROZEN} if changed else {}

    def __str__(self) -> str:
        factors = (f"{name} {value}" for name, value in self.as_json().items() if name != "physics")
        return " and ".join(factors)

    def refuse_records(self) -> None:
        """Raises ConfigError if laps of this car cannot be kept as proofs."""
        if not self.frozen:
            raise ConfigError(
                f"laps with {self} cannot be recorded or saved, for only the frozen physics "
                "(grip 1, mass 1) proves a lap."
            )


FROZEN: Final = CarConditions()
