"""RacerVecEnv: what Stable-Baselines3 gets, down to its rollout buffer."""

import numpy as np
import pytest
import torch
from env_scene import nearly_home, random_actions
from stable_baselines3 import PPO, SAC
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from racer.envs import RacerEnv, world_seeds
from racer.envs.sb3 import RacerVecEnv
from racer.errors import ConfigError

SHORT = {"maxSteps": 23, "stillnessTimeoutTicks": 40}
SETTINGS = {"start": "mixed", "episode": SHORT, "ticks_per_action": 2, "action": "axis"}
N = 6

torch.set_num_threads(1)  # a second thread spins more than it helps


def test_it_equals_sb3s_own_over_monitored_envs():
    ours = RacerVecEnv(N, **SETTINGS)
    theirs = DummyVecEnv([lambda: Monitor(RacerEnv(**SETTINGS))] * N)
    seeds = ours.seed(4)
    theirs._seeds = list(seeds)
    assert np.array_equal(ours.reset(), theirs.reset())
    ends = 0
    for actions in random_actions(ours.action_space, 100 * N).reshape(100, N, -1):
        got, wanted = ours.step(actions), theirs.step(actions)
        for mine, other in zip(got[:3], wanted[:3], strict=True):
            assert mine.dtype == other.dtype
            assert np.array_equal(mine, other)
        for mine, other, done in zip(got[3], wanted[3], wanted[2], strict=True):
            if not done:
                assert mine == {}
                continue
            ends += 1
            assert np.array_equal(mine["terminal_observation"], other["terminal_observation"])
            assert mine["TimeLimit.truncated"] is other["TimeLimit.truncated"]
            assert mine["episode"]["l"] == other["episode"]["l"]
            assert mine["episode"]["r"] == pytest.approx(other["episode"]["r"], abs=2e-6)
            assert set(other) - {"lap_time"} <= set(mine)
            for key in ("progress", "speed", "wall", "lap", "stepCount"):
                assert mine[key] == other[key]
                assert type(mine[key]) is type(other[key])
    assert ends > 2 * N


def test_episode_infos_add_up():
    env = RacerVecEnv(3, start="random", episode={"maxSteps": 30}, ticks_per_action=3, seed=1)
    env.reset()
    rewards = np.zeros(3)
    before = env.worlds.telemetry["distance"].copy()
    assert not before.any()
    for actions in random_actions(env.action_space, 90).reshape(30, 3, 3):
        _, reward, dones, infos = env.step(actions)
        rewards += reward
    assert dones.all()
    for i, info in enumerate(infos):
        assert info["episode"]["r"] == pytest.approx(rewards[i], abs=1e-5)
        assert info["episode"]["l"] == info["stepCount"] == 30
        assert sum(info["reward_terms"].values()) == pytest.approx(rewards[i], abs=1e-5)
        length = env.worlds.lengths[i]
        assert info["reward_terms"]["progress"] == pytest.approx(
            info["distance"] / length, abs=1e-5
        )
        assert 0.0 <= info["off_track_share"] <= 1.0


def test_laps_are_told_where_they_end():
    env = RacerVecEnv(3, episode={"maxLaps": 1}, seed=0)
    env.reset()
    nearly_home(env.worlds, 1)
    _, _, dones, infos = env.step(np.zeros((3, 3), np.float32))
    assert infos[0] == infos[2] == {}
    assert dones.tolist() == [False, True, False]
    assert 60.0 < infos[1]["lap_time"] < 60.02
    assert infos[1]["lap_valid"] is True
    assert infos[1]["lap_standing"] is False
    assert infos[1]["lap_reasons"] == ()
    assert infos[1]["TimeLimit.truncated"] is True


def test_off_track_share_counts_the_steps():
    env = RacerVecEnv(1, episode={"maxSteps": 10, "stillnessTimeoutTicks": 0}, seed=0)
    env.set_options({"s": 100.0})
    env.reset()
    wide = env.worlds.tracks[0].stations["width_left"][100] + 1.8
    env.env_method("place", 100.0, wide)
    infos = [env.step(np.zeros((1, 3), np.float32))[3][0] for _ in range(10)]
    assert infos[-1]["off_track_share"] == 1.0
    infos = [env.step(np.zeros((1, 3), np.float32))[3][0] for _ in range(10)]
    assert infos[-1]["off_track_share"] < 1.0


def test_arrays_handed_out_are_copies():
    env = RacerVecEnv(2, **SETTINGS)
    kept = [env.reset()]
    for actions in random_actions(env.action_space, 80).reshape(40, 2, 2):
        obs, rewards, dones, infos = env.step(actions)
        kept += [obs, rewards, dones]
        kept += [info["terminal_observation"] for info in infos if info]
    for i, first in enumerate(kept):
        for second in kept[i + 1 :]:
            assert not np.shares_memory(first, second)
    assert not any(np.shares_memory(part, env.worlds.observations) for part in kept)


def test_infos_share_nothing():
    env = RacerVecEnv(3, seed=0)
    env.reset()
    infos = env.step(np.zeros((3, 3), np.float32))[3]
    infos[0]["mine"] = 1
    assert infos[1] == {}
    assert env.step(np.zeros((3, 3), np.float32))[3] == [{}, {}, {}]


def test_seeds_are_split_and_used_once():
    env = RacerVecEnv(4)
    assert env.seed(3) == world_seeds(3, 4).tolist()
    first = env.reset()
    second = env.reset()
    assert not np.array_equal(first, second)
    env.seed(3)
    assert np.array_equal(env.reset(), first)
    assert np.array_equal(env.reset(), second)
    assert len(set(env.seed())) == 4


def test_options_are_used_once():
    env = RacerVecEnv(3, seed=1)
    env.set_options([{"start": "standing"}, {"s": 50.0, "speed": 9.0}, {}])
    env.reset()
    assert env.get_attr("lap_standing") == [1, 0, 0]
    assert env.get_attr("v_x")[1] == 9.0
    env.reset()
    assert env.get_attr("lap_standing") == [0, 0, 0]
    env.set_options({"stand": 1})
    with pytest.raises(ConfigError, match="stand"):
        env.reset()


def test_attributes_and_methods():
    env = RacerVecEnv(3, ["harbour", "ridgeway"], seed=0)
    assert [track.name for track in env.get_attr("track")] == [t.name for t in env.worlds.tracks]
    assert env.get_attr("config", indices=[0, 2]) == [env.config, env.config]
    assert env.get_attr("render_mode") == [None] * 3
    assert not env.has_attr("nonsense")
    with pytest.raises(AttributeError, match="nonsense"):
        env.get_attr("nonsense")
    env.set_attr("stage", 4, indices=1)
    assert env.get_attr("stage") == [None, 4, None]
    for name in ("track", "v_x", "config", "num_envs"):
        with pytest.raises(AttributeError, match=name):
            env.set_attr(name, 0)
    env.env_method("place", 30.0, speed=12.0, indices=[0, 2])
    assert env.get_attr("v_x", indices=[0, 2]) == [12.0, 12.0]
    assert env.env_method("snapshot", indices=0)[0]["v_x"] == 12.0  # of the one car
    with pytest.raises(AttributeError, match="known are place"):
        env.env_method("fly")
    assert env.env_is_wrapped(Monitor) == [True] * 3
    assert env.env_is_wrapped(RacerVecEnv, indices=1) == [False]
    with pytest.raises(ConfigError, match="no world 3"):
        env.get_attr("v_x", indices=3)


def test_sb3s_wrappers_and_evaluation_take_it():
    env = VecNormalize(RacerVecEnv(3, **SETTINGS, seed=0))
    env.seed(0)
    obs = env.reset()
    for actions in random_actions(env.action_space, 90).reshape(30, 3, 2):
        obs, *_ = env.step(actions)
    assert np.isfinite(obs).all()
    plain = RacerVecEnv(2, **SETTINGS, seed=0)
    model = PPO("MlpPolicy", plain, n_steps=4, batch_size=8, device="cpu", seed=0)
    returns, lengths = evaluate_policy(
        model, plain, n_eval_episodes=4, return_episode_rewards=True, warn=True
    )
    assert len(returns) == 4
    assert max(lengths) <= 23


class Watch(BaseCallback):
    """Keeps what every step of a rollout returned."""

    def __init__(self):
        super().__init__()
        self.steps = []

    def _on_step(self):
        kept = ("new_obs", "rewards", "dones", "infos", "values")
        self.steps.append({key: self.locals[key] for key in kept})
        self.steps[-1]["rewards"] = self.locals["rewards"].copy()  # SB3 adds to it afterwards
        return True


def test_the_rollout_buffer_by_hand():
    """Truncated episodes go on in the value of the true last observation; others do not."""
    gamma, lam, steps = 0.9, 0.8, 60
    env = RacerVecEnv(N, **SETTINGS, seed=3)
    model = PPO(
        "MlpPolicy", env, n_steps=steps, batch_size=N, n_epochs=1, gamma=gamma, gae_lambda=lam,
        device="cpu", seed=0, learning_rate=0.0,
    )  # fmt: skip
    watch = Watch()
    model.train = lambda: None  # it would reorder the buffer
    model.learn(steps * N, callback=watch)
    buffer = model.rollout_buffer

    def value(obs):
        with torch.no_grad():
            return model.policy.predict_values(torch.as_tensor(obs)).numpy().ravel()

    rewards = np.zeros((steps, N))
    truncations = terminations = 0
    for t, step in enumerate(watch.steps):
        rewards[t] = step["rewards"]
        for i in np.flatnonzero(step["dones"]):
            info = step["infos"][i]
            last = info["terminal_observation"]
            assert not np.array_equal(last, step["new_obs"][i])
            if info["TimeLimit.truncated"]:
                truncations += 1
                rewards[t, i] += gamma * value(last[None])[0]
            else:
                terminations += 1
    assert truncations >= N
    assert terminations >= 1
    assert np.allclose(buffer.rewards, rewards, atol=1e-6)

    for t, step in enumerate(watch.steps[:-1]):  # the observations that the next action saw
        assert np.array_equal(buffer.observations[t + 1], step["new_obs"])
        assert np.array_equal(buffer.episode_starts[t + 1], step["dones"].astype(np.float32))

    values = np.stack([value(obs) for obs in buffer.observations])
    following = np.vstack([values[1:], value(watch.steps[-1]["new_obs"])])
    dones = np.stack([step["dones"] for step in watch.steps])
    advantages = np.zeros((steps, N))
    running = np.zeros(N)
    for t in reversed(range(steps)):
        goes_on = ~dones[t]
        delta = rewards[t] + gamma * following[t] * goes_on - values[t]
        running = delta + gamma * lam * goes_on * running
        advantages[t] = running
    assert np.allclose(buffer.advantages, advantages, atol=1e-4)
    assert np.allclose(buffer.returns, advantages + values, atol=1e-4)


def test_the_replay_buffer_gets_the_true_next_observation():
    env = RacerVecEnv(2, **SETTINGS, seed=1)
    model = SAC(
        "MlpPolicy", env, learning_starts=10_000, buffer_size=200, device="cpu", seed=0,
        policy_kwargs={"net_arch": [8]},
    )  # fmt: skip
    watch = Watch()
    watch._on_step = lambda: (
        watch.steps.append({key: watch.locals[key] for key in ("new_obs", "dones", "infos")})
        or True
    )
    model.learn(120, callback=watch)
    ends = 0
    for t, step in enumerate(watch.steps):
        for i in range(2):
            true = step["infos"][i].get("terminal_observation", step["new_obs"][i])
            assert np.array_equal(model.replay_buffer.next_observations[t, i], true)
            if step["dones"][i]:
                ends += 1
                truncated = step["infos"][i]["TimeLimit.truncated"]
                assert model.replay_buffer.timeouts[t, i] == truncated
    assert ends >= 2


def test_training_twice_is_the_same():
    def weights():
        env = RacerVecEnv(8, **SETTINGS, seed=0)
        model = PPO("MlpPolicy", env, n_steps=8, batch_size=32, device="cpu", seed=5)
        model.learn(256)
        return torch.cat([p.detach().ravel() for p in model.policy.parameters()])

    assert torch.equal(weights(), weights())


def test_pictures():
    pytest.importorskip("pygame", reason="needs the extra view")
    env = RacerVecEnv(2, render_mode="rgb_array", seed=0)
    env.reset()
    images = env.get_images()
    assert [image.shape[2] for image in images] == [3, 3]
    assert env.render().shape[2] == 3
    env.close()
