"""
The Racer engine: vehicles, and batches of worlds of each kind, stepped in C++.
"""
from __future__ import annotations
import numpy
import numpy.typing
from racer._core.circuit import Batch
from racer._core.circuit import Config as BatchConfig
from racer._core.circuit import Track
from racer._core.circuit import fields as fact_table
from racer._core.circuit import observation_layout
from racer._core.highway import Batch as HighwayBatch
from racer._core.highway import Config as HighwayConfig
import typing
from . import circuit
from . import highway
__all__: list[str] = ['Batch', 'BatchConfig', 'COMPILER', 'HighwayBatch', 'HighwayConfig', 'PHYSICS_VERSION', 'TICK_SECONDS', 'Track', 'axis_to_pedals', 'circuit', 'fact_table', 'free_memory', 'highway', 'instruction_set', 'instruction_sets', 'observation_layout', 'physics_fingerprint', 'set_instruction_set', 'simulate', 'split_seed', 'vehicle_parameters', 'vehicles']
def axis_to_pedals(axis: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], speed: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], vehicle: str = 'gt') -> numpy.typing.NDArray[numpy.float32]:
    """
    Maps axis actions (..., 2) at a speed [m/s] to pedal actions (..., 3), as a batch with
    action='axis' does: full lock when slow, less when fast.
    """
def free_memory() -> float:
    """
    Memory [bytes] that this machine or its container can still give; inf if unknown.
    """
def instruction_set() -> str:
    """
    The kernels in use. All compute the same bits.
    """
def instruction_sets() -> list:
    """
    Kernels that this CPU can run, widest last.
    """
def physics_fingerprint(vehicle: str = 'gt') -> str:
    """
    16 hex digits over the parameters and a golden trajectory of a vehicle.
    """
def set_instruction_set(name: str) -> None:
    """
    Chooses the kernels of the whole process. Raises ValueError if the CPU lacks them.
    """
def simulate(vehicle: str, start: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], inputs: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], substeps: typing.SupportsInt | typing.SupportsIndex = 1) -> numpy.typing.NDArray[numpy.float64]:
    """
    Drives one car over an endless plane of tarmac. start (9,): x, y, cos_yaw, sin_yaw, v_x,
    v_y, yaw_rate, steer, a_x; inputs (T, 3): steer target [rad], throttle, brake.
    Returns the states (T + 1, 9). More integration steps per tick than the engine's own are for
    studies of its error.
    """
def split_seed(seed: typing.SupportsInt | typing.SupportsIndex, index: typing.SupportsInt | typing.SupportsIndex) -> int:
    """
    Seed of stream `index` of `seed`: a hash, so that streams never overlap.
    """
def vehicle_parameters(vehicle: str = 'gt') -> list:
    """
    Parameters of a vehicle: name, value, unit, meaning, source.
    """
def vehicles() -> list:
    """
    Names of the vehicles.
    """
COMPILER: str = 'gcc 12.2.0'
PHYSICS_VERSION: int = 1
TICK_SECONDS: float = 0.016666666666666666
