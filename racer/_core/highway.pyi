"""
Worlds of traffic on a highway.
"""
from __future__ import annotations
import collections.abc
import numpy
import numpy.dtypes
import numpy.typing
import typing
__all__: list[str] = ['BASE_TERMS', 'Batch', 'Config', 'FEATURES', 'LANE_WIDTH', 'OUTCOME', 'REWARD_TERMS', 'RULES_VERSION', 'VEHICLE', 'VEHICLE_SIZE', 'WORLD', 'fields', 'reward_term_table']
class Config:
    """
    Rules of a highway world; names and defaults are HighwayEnv's.
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
class Batch:
    """
    N highway worlds, stepped at once.
    
    Arrays are live: the next call overwrites them; copy to keep. Sizes and settings are constant.
    """
    def __getstate__(self) -> tuple:
        ...
    def __init__(self, num_worlds: typing.SupportsInt | typing.SupportsIndex, config: Config = ..., *, autoreset: str = 'same_step', threads: typing.SupportsInt | typing.SupportsIndex = 1, seed: typing.SupportsInt | typing.SupportsIndex = 0) -> None:
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
        Read-only views (N, K) of vehicles' fields.
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
        Read-only view (N,): 1 where the episode is over.
        """
def fields() -> list:
    """
    Every field of records: of, name, unit, meaning.
    """
def reward_term_table() -> list:
    """
    The terms of the reward beside HighwayEnv's own, in the order of the arrays, a dict each:
    name, field (of Config), weight (the default), low, high, meaning.
    """
BASE_TERMS: tuple = ('collision_reward', 'right_lane_reward', 'high_speed_reward', 'on_road_reward')
FEATURES: tuple = ('presence', 'x', 'y', 'vx', 'vy', 'heading', 'cos_h', 'sin_h', 'cos_d', 'sin_d', 'long_off', 'lat_off', 'ang_off')
LANE_WIDTH: float = 4.0
OUTCOME: numpy.dtypes.VoidDType
REWARD_TERMS: tuple = ('base', 'forward_speed', 'safety', 'off_road', 'stillness', 'backward', 'spin', 'off_centre')
RULES_VERSION: int = 1
VEHICLE: numpy.dtypes.VoidDType
VEHICLE_SIZE: tuple = (5.0, 2.0)
WORLD: numpy.dtypes.VoidDType
