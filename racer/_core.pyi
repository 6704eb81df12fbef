"""
The Racer engine: vehicles, tracks and batches of worlds, stepped in C++.
"""
from __future__ import annotations
import collections.abc
import numpy
import numpy.dtypes
import numpy.typing
import typing
__all__: list[str] = ['Batch', 'BatchConfig', 'CAR_STATE', 'COMPILER', 'EDGE_AHEAD_METRES', 'HIGHWAY_BASE_TERMS', 'HIGHWAY_FEATURES', 'HIGHWAY_LANE_WIDTH', 'HIGHWAY_OUTCOME', 'HIGHWAY_REWARD_TERMS', 'HIGHWAY_RULES_VERSION', 'HIGHWAY_VEHICLE', 'HIGHWAY_VEHICLE_SIZE', 'HIGHWAY_WORLD', 'HighwayBatch', 'HighwayConfig', 'LAP_REASONS', 'PHYSICS_VERSION', 'RAY_COUNT', 'RAY_RANGE', 'ROAD_AHEAD_METRES', 'TICK_SECONDS', 'Track', 'axis_to_pedals', 'fact_table', 'free_memory', 'highway_fields', 'instruction_set', 'instruction_sets', 'observation_layout', 'physics_fingerprint', 'reward_term_table', 'reward_terms', 'set_instruction_set', 'simulate', 'split_seed', 'vehicle_parameters', 'vehicles']
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
class BatchConfig:
    """
    Reward weights, episode rules and start rules of a Batch.
    """
    def __copy__(self) -> BatchConfig:
        ...
    def __deepcopy__(self, memo: dict) -> BatchConfig:
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
    
    Output arrays are live: the next call overwrites them; copy to keep.
    """
    def __getstate__(self) -> tuple:
        ...
    def __init__(self, tracks: list, num_worlds: typing.SupportsInt | typing.SupportsIndex, *, world_tracks: typing.Any = None, cars_per_world: typing.SupportsInt | typing.SupportsIndex = 1, vehicle: str = 'gt', action: str = 'pedals', observation: str = 'lidar', ticks_per_action: typing.SupportsInt | typing.SupportsIndex = 1, autoreset: str = 'same_step', threads: typing.SupportsInt | typing.SupportsIndex = 1, seed: typing.SupportsInt | typing.SupportsIndex = 0, config: BatchConfig = ...) -> None:
        ...
    def __reduce_ex__(self, protocol: typing.SupportsInt | typing.SupportsIndex) -> typing.Any:
        ...
    def __setstate__(self, arg0: tuple) -> None:
        ...
    def drive(self, inputs: numpy.typing.NDArray[numpy.int16], records: bool = False, hash_every: typing.SupportsInt | typing.SupportsIndex = 60) -> dict:
        """
        Drives recorded inputs, int16 (T, 3) in 1/32767, with the only car of a batch that
        takes pedals every tick. Returns hashes (after every so many ticks and the last),
        events of the laps that ended, the ticks in which they did (ends) and in which their
        clocks started (starts; -1: before the first), running_since for the running lap,
        and with records=True the state after each tick.
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
        Live, read-only views (N, K) of every car field.
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
class HighwayConfig:
    """
    Rules of a highway world; names and defaults are HighwayEnv's.
    """
    def __copy__(self) -> HighwayConfig:
        ...
    def __deepcopy__(self, memo: dict) -> HighwayConfig:
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
    def absolute(self) -> bool:
        """
        coordinates of the road, not of the ego
        """
    @absolute.setter
    def absolute(self, arg0: bool) -> None:
        ...
    @property
    def acceleration_range(self) -> tuple[float, float]:
        """
        m/s^2
        """
    @acceleration_range.setter
    def acceleration_range(self, arg1: tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex]) -> None:
        ...
    @property
    def action(self) -> str:
        """
        ContinuousAction, DiscreteMetaAction or Traffic
        """
    @action.setter
    def action(self, arg1: str) -> None:
        ...
    @property
    def backward_reward(self) -> float:
        """
        moving against the road
        """
    @backward_reward.setter
    def backward_reward(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def clip_action(self) -> bool:
        """
        clip continuous actions to [-1, 1]
        """
    @clip_action.setter
    def clip_action(self, arg0: bool) -> None:
        ...
    @property
    def clip_observation(self) -> bool:
        """
        clip to [-1, 1]
        """
    @clip_observation.setter
    def clip_observation(self, arg0: bool) -> None:
        ...
    @property
    def collision_reward(self) -> float:
        """
        after a collision
        """
    @collision_reward.setter
    def collision_reward(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def duration(self) -> float:
        """
        s until truncation
        """
    @duration.setter
    def duration(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def ego_spacing(self) -> float:
        """
        spacing before the ego vehicle
        """
    @ego_spacing.setter
    def ego_spacing(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def features(self) -> list[str]:
        """
        columns of the observation
        """
    @features.setter
    def features(self, arg1: collections.abc.Sequence[str]) -> None:
        ...
    @property
    def features_range(self) -> dict[str, tuple[float, float]] | None:
        """
        (low, high) by feature, or None for the defaults; set it after features
        """
    @features_range.setter
    def features_range(self, arg1: collections.abc.Mapping[str, tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex]] | None) -> None:
        ...
    @property
    def forward_speed_reward(self) -> float:
        """
        at 40 m/s
        """
    @forward_speed_reward.setter
    def forward_speed_reward(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def high_speed_reward(self) -> float:
        """
        at full speed
        """
    @high_speed_reward.setter
    def high_speed_reward(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def initial_lane_id(self) -> int:
        """
        -1: at random
        """
    @initial_lane_id.setter
    def initial_lane_id(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    @property
    def lanes_count(self) -> int:
        """
        lanes
        """
    @lanes_count.setter
    def lanes_count(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    @property
    def lateral(self) -> bool:
        """
        the action has an axis across
        """
    @lateral.setter
    def lateral(self, arg0: bool) -> None:
        ...
    @property
    def longitudinal(self) -> bool:
        """
        the action has an axis along
        """
    @longitudinal.setter
    def longitudinal(self, arg0: bool) -> None:
        ...
    @property
    def normalize(self) -> bool:
        """
        map the ranges to [-1, 1]
        """
    @normalize.setter
    def normalize(self, arg0: bool) -> None:
        ...
    @property
    def normalize_reward(self) -> bool:
        """
        map the reward to [0, 1]
        """
    @normalize_reward.setter
    def normalize_reward(self, arg0: bool) -> None:
        ...
    @property
    def observed_vehicles(self) -> int:
        """
        rows, the ego's included
        """
    @observed_vehicles.setter
    def observed_vehicles(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    @property
    def off_centre_reward(self) -> float:
        """
        half a lane from the middle of the lane
        """
    @off_centre_reward.setter
    def off_centre_reward(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def off_road_reward(self) -> float:
        """
        off the road
        """
    @off_road_reward.setter
    def off_road_reward(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def offroad_terminal(self) -> bool:
        """
        end off the road
        """
    @offroad_terminal.setter
    def offroad_terminal(self, arg0: bool) -> None:
        ...
    @property
    def policy_frequency(self) -> float:
        """
        policy steps per second
        """
    @policy_frequency.setter
    def policy_frequency(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def reward_speed_range(self) -> tuple[float, float]:
        """
        m/s, for high_speed_reward
        """
    @reward_speed_range.setter
    def reward_speed_range(self, arg1: tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex]) -> None:
        ...
    @property
    def right_lane_reward(self) -> float:
        """
        on the rightmost lane
        """
    @right_lane_reward.setter
    def right_lane_reward(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def safety_cone(self) -> float:
        """
        rad, half the cone ahead that counts
        """
    @safety_cone.setter
    def safety_cone(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def safety_of_path(self) -> bool:
        """
        danger counts who is on the ego's path, all around it
        """
    @safety_of_path.setter
    def safety_of_path(self, arg0: bool) -> None:
        ...
    @property
    def safety_reward(self) -> float:
        """
        at a time to collision of 0
        """
    @safety_reward.setter
    def safety_reward(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def safety_time(self) -> float:
        """
        s to a collision that count as danger
        """
    @safety_time.setter
    def safety_time(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def see_behind(self) -> bool:
        """
        see further than 10 m behind
        """
    @see_behind.setter
    def see_behind(self, arg0: bool) -> None:
        ...
    @property
    def shuffled(self) -> bool:
        """
        rows in random order, not by distance
        """
    @shuffled.setter
    def shuffled(self, arg0: bool) -> None:
        ...
    @property
    def simulation_frequency(self) -> float:
        """
        frames per second
        """
    @simulation_frequency.setter
    def simulation_frequency(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def speed_range(self) -> tuple[float, float]:
        """
        m/s, of the ego vehicle
        """
    @speed_range.setter
    def speed_range(self, arg1: tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex]) -> None:
        ...
    @property
    def spin_reward(self) -> float:
        """
        heading against the road
        """
    @spin_reward.setter
    def spin_reward(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def steering_range(self) -> tuple[float, float]:
        """
        rad
        """
    @steering_range.setter
    def steering_range(self, arg1: tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex]) -> None:
        ...
    @property
    def stillness_reward(self) -> float:
        """
        below 2 m/s
        """
    @stillness_reward.setter
    def stillness_reward(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def target_speeds(self) -> list[float]:
        """
        m/s, evenly spaced
        """
    @target_speeds.setter
    def target_speeds(self, arg1: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]) -> None:
        ...
    @property
    def traffic_behind(self) -> float:
        """
        share of the traffic that starts behind the ego vehicle
        """
    @traffic_behind.setter
    def traffic_behind(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    @property
    def traffic_caution(self) -> bool:
        """
        traffic looks twice before it changes lane
        """
    @traffic_caution.setter
    def traffic_caution(self, arg0: bool) -> None:
        ...
    @property
    def traffic_collisions(self) -> bool:
        """
        collisions among traffic; the ego vehicle always collides
        """
    @traffic_collisions.setter
    def traffic_collisions(self, arg0: bool) -> None:
        ...
    @property
    def traffic_recovery(self) -> bool:
        """
        traffic drives around what it stands behind
        """
    @traffic_recovery.setter
    def traffic_recovery(self, arg0: bool) -> None:
        ...
    @property
    def vehicles_count(self) -> int:
        """
        vehicles besides the ego
        """
    @vehicles_count.setter
    def vehicles_count(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None:
        ...
    @property
    def vehicles_density(self) -> float:
        """
        1 / spacing of traffic
        """
    @vehicles_density.setter
    def vehicles_density(self, arg1: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
class HighwayBatch:
    """
    N highway worlds, stepped at once.
    
    Output arrays are live: the next call overwrites them; copy to keep.
    """
    def __getstate__(self) -> tuple:
        ...
    def __init__(self, num_worlds: typing.SupportsInt | typing.SupportsIndex, config: HighwayConfig = ..., *, autoreset: str = 'same_step', threads: typing.SupportsInt | typing.SupportsIndex = 1, seed: typing.SupportsInt | typing.SupportsIndex = 0) -> None:
        ...
    def __reduce_ex__(self, protocol: typing.SupportsInt | typing.SupportsIndex) -> typing.Any:
        ...
    def __setstate__(self, arg0: tuple) -> None:
        ...
    def reset(self, mask: numpy.typing.NDArray[numpy.bool] | None = None, seeds: numpy.typing.NDArray[numpy.uint64] | None = None) -> None:
        """
        New episodes where mask (N,) bool is true; seeds (N,) uint64 restart their streams.
        """
    def restore(self, vehicles: numpy.ndarray, worlds: numpy.ndarray, indices: typing.Any = None) -> None:
        """
        Puts worlds into states, a snapshot's or others. Raises ValueError for nonsense.
        """
    def snapshot(self, indices: typing.Any = None) -> tuple:
        """
        State of worlds: vehicles (n, K) and worlds (n,), structured, every field by name.
        """
    def state_hash(self) -> numpy.typing.NDArray[numpy.uint64]:
        """
        Hash (N,) uint64 over every field of each world.
        """
    def step(self, actions: numpy.ndarray) -> None:
        """
        One policy step of every world. `actions`: float32 (N, A) or int64 (N,).
        """
    @property
    def action_size(self) -> int:
        ...
    @property
    def base_terms(self) -> numpy.typing.NDArray[numpy.float64]:
        """
        (N, 4) float64: HighwayEnv's terms before their weights
        """
    @property
    def facts(self) -> dict:
        """
        Live, read-only views (N, K) of vehicles' fields.
        """
    @property
    def final_observations(self) -> numpy.typing.NDArray[numpy.float32]:
        """
        (N, V, F) float32: last observation of worlds that ended (same_step)
        """
    @property
    def final_outcomes(self) -> numpy.ndarray:
        """
        (N,) records: the last outcome of worlds that ended (same_step)
        """
    @property
    def nan_actions(self) -> int:
        ...
    @property
    def num_worlds(self) -> int:
        ...
    @property
    def observations(self) -> numpy.typing.NDArray[numpy.float32]:
        """
        (N, V, F) float32
        """
    @property
    def outcomes(self) -> numpy.ndarray:
        """
        (N,) records: the ego vehicle as it is now
        """
    @property
    def reward_terms(self) -> numpy.typing.NDArray[numpy.float64]:
        """
        (N, T) float64: what the reward is the sum of
        """
    @property
    def rewards(self) -> numpy.typing.NDArray[numpy.float64]:
        """
        (N,) float64
        """
    @property
    def terminated(self) -> numpy.typing.NDArray[numpy.bool]:
        """
        (N,) bool
        """
    @property
    def truncated(self) -> numpy.typing.NDArray[numpy.bool]:
        """
        (N,) bool
        """
    @property
    def vehicles_per_world(self) -> int:
        ...
    @property
    def world_done(self) -> numpy.typing.NDArray[numpy.int32]:
        """
        Live, read-only view (N,): 1 where the episode is over.
        """
def axis_to_pedals(axis: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], speed: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], vehicle: str = 'gt') -> numpy.typing.NDArray[numpy.float32]:
    """
    Maps axis actions (..., 2) at a speed [m/s] to pedal actions (..., 3), as a batch with
    action='axis' does: full lock when slow, less when fast.
    """
def fact_table() -> list:
    """
    Every fact of a car: name, unit, meaning.
    """
def free_memory() -> float:
    """
    Memory [bytes] that this machine or its container can still give; inf if unknown.
    """
def highway_fields() -> list:
    """
    Every field of records: of, name, unit, meaning.
    """
def instruction_set() -> str:
    """
    The kernels in use. All compute the same bits.
    """
def instruction_sets() -> list:
    """
    Kernels that this CPU can run, widest last.
    """
def observation_layout(observation: str) -> list:
    """
    Fields of an observation in order: name, offset, size, unit, scale, low, high.
    
    An entry of the observation is clip(value * scale, low, high).
    """
def physics_fingerprint(vehicle: str = 'gt') -> str:
    """
    16 hex digits over the parameters and a golden trajectory of a vehicle.
    """
def reward_term_table() -> list:
    """
    The reward terms in that order, a dict each: name (in files), field (of BatchConfig),
    weight (the default), low, high, unit, meaning.
    """
def reward_terms() -> list:
    """
    Names of the reward terms, in the order of the arrays.
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
CAR_STATE: numpy.dtypes.VoidDType
COMPILER: str = 'gcc 12.2.0'
EDGE_AHEAD_METRES: tuple = (4, 8, 13, 19, 26, 34, 43, 53, 64, 76, 89, 103, 118, 134, 152, 172, 195, 221, 251, 285, 323, 362, 404, 448)
HIGHWAY_BASE_TERMS: tuple = ('collision_reward', 'right_lane_reward', 'high_speed_reward', 'on_road_reward')
HIGHWAY_FEATURES: tuple = ('presence', 'x', 'y', 'vx', 'vy', 'heading', 'cos_h', 'sin_h', 'cos_d', 'sin_d', 'long_off', 'lat_off', 'ang_off')
HIGHWAY_LANE_WIDTH: float = 4.0
HIGHWAY_OUTCOME: numpy.dtypes.VoidDType
HIGHWAY_REWARD_TERMS: tuple = ('base', 'forward_speed', 'safety', 'off_road', 'stillness', 'backward', 'spin', 'off_centre')
HIGHWAY_RULES_VERSION: int = 1
HIGHWAY_VEHICLE: numpy.dtypes.VoidDType
HIGHWAY_VEHICLE_SIZE: tuple = (5.0, 2.0)
HIGHWAY_WORLD: numpy.dtypes.VoidDType
LAP_REASONS: dict = {'off_track': 1, 'wall': 2, 'reversed': 4, 'fault': 8}
PHYSICS_VERSION: int = 1
RAY_COUNT: int = 9
RAY_RANGE: float = 150.0
ROAD_AHEAD_METRES: tuple = (5, 10, 16, 23, 31, 40, 50, 62, 75, 90, 107, 126, 148, 172, 200, 230)
TICK_SECONDS: float = 0.016666666666666666
