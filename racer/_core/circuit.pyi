"""
Worlds of cars on a circuit.
"""
from __future__ import annotations
import numpy
import numpy.dtypes
import numpy.typing
import typing
__all__: list[str] = ['Batch', 'CAR_STATE', 'Config', 'EDGE_AHEAD_METRES', 'LAP_REASONS', 'RAY_COUNT', 'RAY_RANGE', 'REWARD_TERMS', 'ROAD_AHEAD_METRES', 'Track', 'fields', 'observation_layout', 'reward_term_table']
class Track:
    """
    A circuit, immutable: closed centre line, widths, walls, checkpoints.
    """
    def __copy__(self) -> typing.Any:
        ...
    def __deepcopy__(self, memo: dict) -> typing.Any:
        ...
    def __getstate__(self) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64], str, float, float, bool, str]:
        ...
    def __init__(self, x: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], y: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], width_right: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], width_left: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], *, name: str = 'unnamed', runoff: typing.SupportsFloat | typing.SupportsIndex = 2.5, start_offset: typing.SupportsFloat | typing.SupportsIndex = 0.0, reverse: bool = False) -> None:
        """
        Fits a closed spline through centre-line points x, y (M,) [m] with widths (M,) [m]
        from the centre line to the edges. Raises ValueError that names what is wrong.
        """
    def __reduce_ex__(self, protocol: typing.SupportsInt | typing.SupportsIndex) -> typing.Any:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple) -> None:
        ...
    def locate(self, x: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], y: typing.Annotated[numpy.typing.ArrayLike, numpy.float64]) -> tuple:
        """
        Nearest place on the centre line, over the whole lap: (s, n), each (M,) [m].
        """
    @property
    def centre_line(self) -> numpy.typing.NDArray[numpy.float64]:
        """
        What the track was built from: x, y, width_right, width_left (M, 4) [m].
        """
    @property
    def checkpoints(self) -> numpy.typing.NDArray[numpy.float64]:
        """
        Distances s [m] (C,) that a lap must pass in order.
        """
    @property
    def fingerprint(self) -> str:
        """
        16 hex digits over all that physics, rules and rays can see.
        """
    @property
    def left(self) -> typing.Any:
        """
        Left boundary (P, 2) [m], closed, first point not repeated.
        """
    @property
    def length(self) -> float:
        """
        Length of the centre line [m].
        """
    @property
    def name(self) -> str:
        ...
    @property
    def options(self) -> dict:
        """
        The settings it was built with; Track(*centre_line.T, name=..., **options) is it again.
        """
    @property
    def right(self) -> typing.Any:
        """
        Right boundary (P, 2) [m], closed, first point not repeated.
        """
    @property
    def sector_ends(self) -> numpy.typing.NDArray[numpy.float64]:
        """
        Distances s [m] (3,) at which the sectors end.
        """
    @property
    def spacing(self) -> float:
        """
        Distance between stations [m].
        """
    @property
    def station_count(self) -> int:
        ...
    @property
    def stations(self) -> typing.Any:
        """
        Structured array (station_count,) of the resampled centre line.
        """
class Config:
    """
    Reward weights, episode rules and start rules of a Batch.
    """
    def __copy__(self) -> Config:
        ...
    def __deepcopy__(self, memo: dict) -> Config:
        ...
    def __getstate__(self) -> dict:
        ...
    def __init__(self) -> None:
        ...
    def __reduce_ex__(self, protocol: typing.SupportsInt | typing.SupportsIndex) -> typing.Any:
        ...
    def __setstate__(self, arg0: dict) -> None:
        ...
    @property
    def backward_penalty(self) -> float:
        """
        per tick against the driving direction
        """
    @backward_penalty.setter
    def backward_penalty(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def heading_error(self) -> float:
        """
        largest of random starts [rad]
        """
    @heading_error.setter
    def heading_error(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def lateral_fraction(self) -> float:
        """
        share of the width that random starts use
        """
    @lateral_fraction.setter
    def lateral_fraction(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def max_laps(self) -> int:
        """
        laps until truncation; 0: never
        """
    @max_laps.setter
    def max_laps(self, arg1: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    @property
    def max_steps(self) -> int:
        """
        steps until truncation; 0: never
        """
    @max_steps.setter
    def max_steps(self, arg1: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    @property
    def off_track_penalty(self) -> float:
        """
        per tick with all four wheels off the track
        """
    @off_track_penalty.setter
    def off_track_penalty(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def progress(self) -> float:
        """
        for a whole lap of progress
        """
    @progress.setter
    def progress(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def progress_length(self) -> float:
        """
        metres that `progress` is paid for; 0: a whole lap
        """
    @progress_length.setter
    def progress_length(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def spawn_speed_high(self) -> float:
        """
        share of the station's spawn speed
        """
    @spawn_speed_high.setter
    def spawn_speed_high(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def spawn_speed_low(self) -> float:
        """
        share of the station's spawn speed
        """
    @spawn_speed_low.setter
    def spawn_speed_low(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def speed_bonus(self) -> float:
        """
        per tick at 100 m/s
        """
    @speed_bonus.setter
    def speed_bonus(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def standing_fraction(self) -> float:
        """
        of mixed starts
        """
    @standing_fraction.setter
    def standing_fraction(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def start(self) -> str:
        """
        'standing', 'random' or 'mixed'
        """
    @start.setter
    def start(self, arg1: str) -> None:
        ...
    @property
    def stillness_penalty(self) -> float:
        """
        per tick below stillnessSpeedThreshold
        """
    @stillness_penalty.setter
    def stillness_penalty(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def stillness_speed_threshold(self) -> float:
        """
        m/s
        """
    @stillness_speed_threshold.setter
    def stillness_speed_threshold(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def stillness_timeout_ticks(self) -> int:
        """
        ticks below the stillness speed until termination; 0: never
        """
    @stillness_timeout_ticks.setter
    def stillness_timeout_ticks(self, arg1: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    @property
    def terminate_off_track(self) -> bool:
        """
        end the episode when all four wheels are off
        """
    @terminate_off_track.setter
    def terminate_off_track(self, arg1: bool) -> None:
        ...
    @property
    def terminate_on_wall(self) -> bool:
        """
        end the episode on wall contact
        """
    @terminate_on_wall.setter
    def terminate_on_wall(self, arg1: bool) -> None:
        ...
    @property
    def terminate_wheels_off(self) -> int:
        """
        end the episode with so many wheels beyond the edge; 0: never
        """
    @terminate_wheels_off.setter
    def terminate_wheels_off(self, arg1: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    @property
    def wall_penalty(self) -> float:
        """
        per tick of contact with a wall
        """
    @wall_penalty.setter
    def wall_penalty(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def wheels_off_penalty(self) -> float:
        """
        per tick and wheel beyond the edge
        """
    @wheels_off_penalty.setter
    def wheels_off_penalty(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
class Batch:
    """
    N worlds of K cars each, stepped at once.
    
    Arrays are live: the next call overwrites them; copy to keep. Sizes and settings are constant.
    """
    def __getstate__(self) -> tuple:
        ...
    def __init__(self, tracks: list, num_worlds: typing.SupportsInt | typing.SupportsIndex, *, world_tracks: typing.Any = None, cars_per_world: typing.SupportsInt | typing.SupportsIndex = 1, vehicle: str = 'gt', action: str = 'pedals', observation: str = 'lidar', ticks_per_action: typing.SupportsInt | typing.SupportsIndex = 1, autoreset: str = 'same_step', threads: typing.SupportsInt | typing.SupportsIndex = 1, seed: typing.SupportsInt | typing.SupportsIndex = 0, config: Config = ..., grip: typing.SupportsFloat | typing.SupportsIndex = 1.0, mass: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> None:
        """
        grip and mass multiply the friction and the mass (with the yaw inertia) of the
        vehicle; unless both are 1, it is not the one of the physics fingerprint.
        """
    def __reduce_ex__(self, protocol: typing.SupportsInt | typing.SupportsIndex) -> typing.Any:
        ...
    def __setstate__(self, arg0: tuple) -> None:
        ...
    def deal(self, tracks: typing.Any, indices: typing.Any = None) -> None:
        """
        Deals worlds other circuits, by their numbers in the list of tracks: they drive on
        them from their next episodes on.
        """
    def drive(self, inputs: numpy.typing.NDArray[numpy.int16], records: bool = False, hash_every: typing.SupportsInt | typing.SupportsIndex = 60) -> dict:
        """
        Drives recorded inputs, int16 (T, 3) in 1/32767, with the only car of a batch that
        takes pedals every tick. Returns hashes (after every so many ticks and the last),
        events of the laps that ended, the ticks in which they did (ends) and in which their
        clocks started (starts; -1: before the first), running_since for the running lap,
        and with records=True the state after each tick.
        """
    def observe(self, observation: str) -> numpy.typing.NDArray[numpy.float32]:
        """
        The observations (N, K, D) float32 of any kind, of the cars as they are.
        """
    def place(self, world: typing.SupportsInt | typing.SupportsIndex, car: typing.SupportsInt | typing.SupportsIndex, s: typing.SupportsFloat | typing.SupportsIndex, n: typing.SupportsFloat | typing.SupportsIndex = 0.0, heading_error: typing.SupportsFloat | typing.SupportsIndex = 0.0, speed: typing.SupportsFloat | typing.SupportsIndex = 0.0) -> None:
        """
        Puts a car at (s, n) [m] with a heading error [rad] and a speed [m/s] and restarts
        its lap clock; at rest at s = 0 this is a standing start.
        """
    def reset(self, mask: numpy.typing.NDArray[numpy.bool] | None = None, seeds: numpy.typing.NDArray[numpy.uint64] | None = None) -> None:
        """
        New episodes where mask (N,) bool is true; seeds (N,) uint64 restart their streams.
        """
    def restore(self, records: numpy.ndarray, indices: typing.Any = None) -> None:
        """
        Puts worlds into snapshot states. Raises ValueError if a record makes no sense.
        """
    def run_physics(self, ticks: typing.SupportsInt | typing.SupportsIndex) -> None:
        """
        Physics alone, for benchmarks: no track, no rules; positions lose their meaning.
        """
    def snapshot(self, indices: typing.Any = None) -> numpy.ndarray:
        """
        State of worlds as a structured array (n, K), every field by name.
        """
    def state_hash(self) -> numpy.typing.NDArray[numpy.uint64]:
        """
        Hash (N,) uint64 over every field of each world.
        """
    def step(self, actions: numpy.typing.NDArray[numpy.float32]) -> None:
        """
        One step of every world. `actions`: float32 (N, K, A), C-contiguous.
        """
    @property
    def action_size(self) -> int:
        ...
    @property
    def cars_per_world(self) -> int:
        ...
    @property
    def facts(self) -> dict:
        """
        Read-only views (N, K) of every car field.
        """
    @property
    def final_observations(self) -> numpy.typing.NDArray[numpy.float32]:
        """
        (N, K, D) float32: last observation of worlds that ended (same_step)
        """
    @property
    def final_records(self) -> numpy.ndarray:
        """
        (N, K) records: last state of worlds that ended (same_step)
        """
    @property
    def inputs(self) -> numpy.typing.NDArray[numpy.int16]:
        """
        (N, K, 3) int16: last steer, throttle, brake in 1/32767 (a copy)
        """
    @property
    def lap_events(self) -> numpy.ndarray:
        """
        (N, K) laps that ended in the last step
        """
    @property
    def nan_actions(self) -> int:
        ...
    @property
    def next_tracks(self) -> numpy.typing.NDArray[numpy.int32]:
        """
        (N,) int32: the circuit of each world's next episode (a copy)
        """
    @property
    def num_worlds(self) -> int:
        ...
    @property
    def observation_size(self) -> int:
        ...
    @property
    def observations(self) -> numpy.typing.NDArray[numpy.float32]:
        """
        (N, K, D) float32
        """
    @property
    def reward_terms(self) -> numpy.typing.NDArray[numpy.float32]:
        """
        (N, K, T) float32
        """
    @property
    def rewards(self) -> numpy.typing.NDArray[numpy.float32]:
        """
        (N, K) float32
        """
    @property
    def terminated(self) -> numpy.typing.NDArray[numpy.bool]:
        """
        (N,) bool
        """
    @property
    def ticks_per_action(self) -> int:
        ...
    @property
    def truncated(self) -> numpy.typing.NDArray[numpy.bool]:
        """
        (N,) bool
        """
    @property
    def world_tracks(self) -> numpy.typing.NDArray[numpy.int32]:
        """
        (N,) int32: the number of each world's circuit (a copy)
        """
def fields() -> list:
    """
    Every field of a car: name, unit, meaning.
    """
def observation_layout(observation: str) -> list:
    """
    Fields of an observation in order: name, offset, size, unit, scale, low, high.
    
    An entry of the observation is clip(value * scale, low, high).
    """
def reward_term_table() -> list:
    """
    The reward terms in that order, a dict each: name (in files), field (of Config),
    weight (the default), low, high, unit, meaning.
    """
CAR_STATE: numpy.dtypes.VoidDType
EDGE_AHEAD_METRES: tuple = (4, 8, 13, 19, 26, 34, 43, 53, 64, 76, 89, 103, 118, 134, 152, 172, 195, 221, 251, 285, 323, 362, 404, 448)
LAP_REASONS: dict = {'off_track': 1, 'wall': 2, 'reversed': 4, 'fault': 8}
RAY_COUNT: int = 9
RAY_RANGE: float = 150.0
REWARD_TERMS: tuple = ('progress', 'speedBonus', 'wallPenalty', 'offTrackPenalty', 'backwardPenalty', 'stillnessPenalty', 'wheelsOffPenalty')
ROAD_AHEAD_METRES: tuple = (5, 10, 16, 23, 31, 40, 50, 62, 75, 90, 107, 126, 148, 172, 200, 230)
