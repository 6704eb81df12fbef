"""A policy file from a stranger is refused with a sentence or drives: no hang, bomb or crash."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from onnx_scene import LINEAR, SIZE, WEIGHT, model, node, number, save, wrap
from small_models import small_config, small_policy

from racer.drivers.circuit.onnx_driver import OnnxDriver
from racer.envs.circuit.episodes import evaluate_driver
from racer.errors import PolicyError
from racer.tracks import load_track


def subgraph(name: str, inputs: int = 2) -> onnx.GraphProto:
    """A loop's body that never ends by itself."""
    kinds = [("i", TensorProto.INT64), ("go_in", TensorProto.BOOL)][:inputs]
    return helper.make_graph(
        [node("Identity", "go_in", "go")],
        name,
        [helper.make_tensor_value_info(n, kind, []) for n, kind in kinds],
        [helper.make_tensor_value_info("go", TensorProto.BOOL, [])],
    )


def doubling(times: int, kind: str) -> list[onnx.NodeProto]:
    nodes, at = [], "linear"
    for i in range(times):
        nodes.append(node(kind, f"{at} {at}", f"d{i}", axis=1))
        at = f"d{i}"
    return [*nodes, node("ReduceMean", at, "mean", axes=[1]), node("Add", "linear mean", "action")]


def shape_doubling(times: int) -> list[onnx.NodeProto]:
    """A list of sizes that doubles: a bomb for whoever follows such lists."""
    nodes, at = [node("Shape", "linear", "s")], "s"
    for i in range(times):
        nodes.append(node("Concat", f"{at} {at}", f"d{i}", axis=0))
        at = f"d{i}"
    return [
        *nodes,
        node("ReduceProd", at, "p", keepdims=0),
        node("Cast", "p", "f", to=1),
        node("Add", "linear f", "action"),
    ]


BIG = number("big", [1 << 29], np.int64)
ADD = node("Add", "linear bomb", "action")
SEQUENCE = [
    node("SequenceConstruct", "linear linear", "list"),
    node("SequenceAt", "list zero", "action"),
]
FUNCTION = helper.make_function(
    "mine", "f", ["a"], ["b"], [node("Tanh", "a", "b")], [helper.make_opsetid("", 17)]
)

HOSTILE: dict[str, tuple[onnx.ModelProto, str]] = {
    "endless loop": (
        wrap(
            [
                helper.make_node("Loop", ["", "yes"], [], body=subgraph("b")),
                node("Identity", "linear", "action"),
            ],
            [number("yes", True, np.bool_)],
        ),
        "'Loop', which holds a graph of its own",
    ),
    "branch": (
        wrap(
            [
                helper.make_node(
                    "If", ["yes"], ["c"], then_branch=subgraph("t", 0), else_branch=subgraph("e", 0)
                ),
                node("Identity", "linear", "action"),
            ],
            [number("yes", True, np.bool_)],
        ),
        "'If', which holds a graph",
    ),
    "two gigabytes": (
        wrap([node("ConstantOfShape", "big", "bomb"), ADD], [BIG]),
        "computes 5.4e\\+08 numbers",
    ),
    "a size computed from the observation": (
        wrap(
            [
                node("ReduceMax", "observation", "m", keepdims=0),
                node("Cast", "m", "n", to=7),
                node("Unsqueeze", "n zero", "sizes"),
                node("ConstantOfShape", "sizes", "c"),
                node("ReduceSum", "c", "bomb"),
                ADD,
            ],
            [number("zero", [0], np.int64)],
        ),
        "size that cannot be told",
    ),
    "concat bomb": (wrap(doubling(30, "Concat"), []), "computes .* numbers for an action"),
    "shape bomb": (wrap(shape_doubling(40), []), "computes .* numbers for an action"),
    "tile": (
        wrap(
            [node("Tile", "linear n", "t"), node("ReduceMean", "t", "bomb", axes=[1]), ADD],
            [number("n", [1, 1 << 28], np.int64)],
        ),
        "computes .* numbers",
    ),
    "pad": (
        wrap(
            [node("Pad", "linear p", "t"), node("ReduceMean", "t", "bomb", axes=[1]), ADD],
            [number("p", [0, 0, 0, 1 << 28], np.int64)],
        ),
        "computes .* numbers",
    ),
    "expand": (
        wrap(
            [node("Expand", "one big", "t"), node("ReduceMean", "t", "bomb"), ADD],
            [BIG, number("one", [1.0])],
        ),
        "computes .* numbers",
    ),
    "range": (
        wrap(
            [node("Range", "a b c", "t"), node("ReduceMean", "t", "bomb"), ADD],
            [number("a", 0.0), number("b", 1e9), number("c", 1.0)],
        ),
        "computes .* numbers",
    ),
    "resize": (
        wrap(
            [node("Resize", "linear no s", "t"), node("ReduceMean", "t", "bomb", axes=[1]), ADD],
            [number("no", []), number("s", [1.0, 1e8])],
        ),
        "'Resize', which is not one that policies may have",
    ),
    "work without end": (
        model(
            [LINEAR, node("MatMul", "observation w", "h0")]
            + [node("MatMul", f"h{i} v", f"h{i + 1}") for i in range(200)]
            + [node("ReduceMean", "h200", "bomb", axes=[1]), ADD],
            [WEIGHT, number("w", np.zeros((SIZE, 1000))), number("v", np.zeros((1000, 1000)))],
        ),
        "multiplications for an action",
    ),
    "sequence": (wrap(SEQUENCE, [number("zero", 0, np.int64)]), "'SequenceConstruct'"),
    "chance": (
        wrap([node("RandomNormalLike", "linear", "bomb"), ADD], []),
        "'RandomNormalLike', which draws random numbers",
    ),
    "another domain": (
        wrap([helper.make_node("f", ["linear"], ["action"], domain="evil")], []),
        "'evil.f', which is not one of ONNX's own",
    ),
    "a function of its own": (
        wrap(
            [helper.make_node("f", ["linear"], ["action"], domain="mine")],
            [],
            functions=[FUNCTION],
        ),
        "has functions of its own",
    ),
    "division by 0": (
        wrap(
            [
                node("Cast", "linear", "n", to=6),
                node("Sub", "n n", "nothing"),
                node("Div", "n nothing", "q"),
                node("Cast", "q", "action", to=1),
            ],
            [],
        ),
        "divides whole numbers",
    ),
    "remainder by 0": (
        wrap(
            [
                node("Cast", "linear", "n", to=7),
                node("Mod", "n zero", "q"),
                node("Cast", "q", "action", to=1),
            ],
            [number("zero", 0, np.int64)],
        ),
        "divides whole numbers",
    ),
    "future operators": (wrap([node("Identity", "linear", "action")], [], opset=99), "version 99"),
    "ancient operators": (wrap([node("Identity", "linear", "action")], [], opset=5), "version 5"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_does_not_end_or_grows_is_refused(kind: str, tmp_path: Path) -> None:
    made, sentence = HOSTILE[kind]
    path = save(made, tmp_path / "p.onnx")
    with pytest.raises(PolicyError, match=sentence) as caught:
        OnnxDriver(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def damaged(kind: str) -> onnx.ModelProto:  # noqa: C901  a list of damages
    made = wrap([node("Identity", "linear", "action")], [])
    weight = made.graph.initializer[0]
    if kind == "external":
        weight.data_location = TensorProto.EXTERNAL
        weight.external_data.add(key="location", value="/etc/passwd")
    elif kind == "short":
        weight.raw_data = weight.raw_data[:-4]
    elif kind == "huge":
        weight.dims[:] = [1 << 40, 1 << 20]
    elif kind == "negative":
        weight.dims[0] = -SIZE
    elif kind == "texts":
        weight.data_type = TensorProto.STRING
    elif kind == "cycle":
        made.graph.node.append(node("Add", "y x", "x"))
    elif kind == "twice":
        made.graph.node.append(node("Identity", "linear", "action"))
    elif kind == "sparse":
        made.graph.sparse_initializer.add()
    elif kind == "training":
        made.training_info.add()
    elif kind == "nodes":
        made.graph.node.extend([node("Identity", "linear", f"n{i}") for i in range(5000)])
    elif kind == "inputs":
        made.graph.input.append(helper.make_tensor_value_info("b", 1, [1]))
    elif kind == "batch":
        made.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 7
    elif kind == "type":
        made.graph.input[0].type.tensor_type.elem_type = TensorProto.DOUBLE
    elif kind == "stride":
        made.graph.node.append(
            helper.make_node("MaxPool", ["linear"], ["c"], kernel_shape=[1], strides=[0])
        )
    elif kind in (
        "no outputs",
        "endless outputs",
    ):  # shapes of two billion were inferred one by one
        count = 0 if kind == "no outputs" else 2**31 - 1
        made.graph.node.append(helper.make_node("Split", ["linear"], ["c"], num_outputs=count))
    elif kind == "batch axes":  # ends the process in ONNX's own inference
        made.graph.node.append(helper.make_node("Softmax", ["linear"], ["c"], axis=-(2**40)))
    elif kind == "gather":
        made.graph.node.append(node("GatherND", "linear weight", "c", batch_dims=-3))
    return made


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("external", "lies in another file"), ("short", "numbers by its shape, but holds"),
        ("huge", "numbers by its shape, but holds"), ("negative", "shape that cannot be used"),
        ("texts", "type that policies do not have"), ("cycle", "is not an ONNX model"),
        ("twice", "is not an ONNX model"), ("sparse", "sparse"), ("training", "training"),
        ("nodes", "at most 4000"), ("inputs", "2 inputs"), ("batch", "takes 7 observations"),
        ("type", "another type"), ("stride", "must be 1 to 65536"),
        ("no outputs", "must be 1 to 1"), ("endless outputs", "out of all bounds"),
        ("batch axes", "out of all bounds"), ("gather", "'GatherND', which is not one"),
    ],
)  # fmt: skip
def test_graphs_that_lie_about_themselves_are_refused(
    kind: str, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(PolicyError, match=sentence):
        OnnxDriver(save(damaged(kind), tmp_path / "p.onnx"))


# Behave while they are checked, with zeros as the observation, and not while they drive.
LATE: dict[str, tuple[list[onnx.NodeProto], list[onnx.TensorProto], str]] = {
    "not a number": (
        [node("Sqrt", "linear", "r"), node("Mul", "r linear", "action")],
        [],
        "not finite",
    ),
    "infinite": (
        [node("Mul", "linear k", "h"), node("Exp", "h", "e"), node("Sub", "e one", "action")],
        [number("k", 1e6), number("one", 1.0)],
        "not finite",
    ),
    "runtime error": (
        [
            node("ReduceMax", "observation", "m", keepdims=0),
            node("Ceil", "m", "c"),
            node("Cast", "c", "i", to=7),
            node("Gather", "table i", "bomb"),
            ADD,
        ],
        [number("table", [0.0])],
        "its graph cannot run",
    ),
}


@pytest.mark.parametrize("kind", LATE)
def test_faults_while_driving_are_a_sentence_and_a_neutral_action(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nodes, tensors, sentence = LATE[kind]
    driver = OnnxDriver(save(wrap(nodes, tensors), tmp_path / "p.onnx"))
    assert driver.faults == 0
    obs = np.full((4, SIZE), 1.0, np.float32)
    obs[0] = 0.0
    obs[1:, 0] = 30.0
    obs[2] *= -1.0
    with caplog.at_level(logging.WARNING, "racer"):
        for _ in range(3):
            answer = driver.act(obs)
            assert answer.shape == (4, 2)
            assert answer.dtype == np.float32
            assert np.isfinite(answer).all()
    assert driver.faults > 0
    assert len(caplog.records) == 1
    said = caplog.records[0].getMessage()
    assert sentence in said
    assert str(tmp_path) in said
    assert "the neutral action stands in" in said
    assert "\n" not in said


def test_only_the_rows_at_fault_are_neutral(tmp_path: Path) -> None:
    nodes, tensors, _ = LATE["not a number"]
    driver = OnnxDriver(save(wrap(nodes, tensors), tmp_path / "p.onnx"))
    obs = np.zeros((3, SIZE), np.float32)
    obs[0, 0], obs[1, -1] = 1.0, 1.0
    answer = driver.act(obs)
    assert driver.faults == 1
    assert (answer[0] == 0.0).all()
    assert (answer[1] != 0.0).all()


def test_an_evaluation_counts_the_faults(tmp_path: Path) -> None:
    nodes, tensors, _ = LATE["not a number"]
    driver = OnnxDriver(save(wrap(nodes, tensors), tmp_path / "p.onnx"))
    result = evaluate_driver(driver, load_track("harbour"), starts=2, laps=1)
    assert result.policy_faults == driver.faults > 0
    assert result.as_json()["policy_faults"] == driver.faults


def test_a_graph_for_one_observation_answers_many(tmp_path: Path) -> None:
    one = OnnxDriver(
        save(wrap([node("Tanh", "linear", "action")], [], shape=(1, SIZE)), tmp_path / "p.onnx")
    )
    many = OnnxDriver(save(wrap([node("Tanh", "linear", "action")], []), tmp_path / "q.onnx"))
    obs = np.random.default_rng(0).uniform(-1, 1, (5, SIZE)).astype(np.float32)
    np.testing.assert_allclose(one.act(obs), many.act(obs), atol=1e-6)


def test_memory_that_grows_with_the_square_of_the_rows_is_bounded(tmp_path: Path) -> None:
    square = [
        node("Reshape", "observation column", "c"),
        node("Tile", "c many", "t"),
        node("Transpose", "t", "u", perm=[1, 0]),
        node("MatMul", "t u", "square"),
        node("ReduceMean", "square", "m", keepdims=0),
        node("Mul", "m zero", "bomb"),
        ADD,
    ]
    tensors = [
        number("column", [-1, 1], np.int64), number("many", [1, 40], np.int64), number("zero", 0.0)
    ]  # fmt: skip
    driver = OnnxDriver(save(wrap(square, tensors), tmp_path / "p.onnx"))
    plain = OnnxDriver(save(wrap([node("Identity", "linear", "action")], []), tmp_path / "q.onnx"))
    obs = np.random.default_rng(0).uniform(-1, 1, (300, SIZE)).astype(np.float32)
    np.testing.assert_allclose(driver.act(obs), plain.act(obs), atol=1e-5)  # 30,600 squared: 4 GB
    assert driver.faults == 0


FUZZ = """
import sys, json
import numpy as np
from pathlib import Path
from racer.drivers.circuit.onnx_driver import OnnxDriver
from racer.errors import PolicyError

folder, seed, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
sources = [path.read_bytes() for path in sorted(folder.glob("*.onnx"))]
random = np.random.default_rng(seed)
path = folder / "mutant.tmp"
refused = drove = 0
for number in range(count):
    data = bytearray(sources[number % len(sources)])
    structure = data.rfind(b"observation") if random.random() < 0.5 else len(data)
    for _ in range(random.integers(1, 6)):
        at = int(random.integers(0, len(data)))
        kind = random.integers(4)
        if kind == 0:
            data[at] = random.integers(256)
        elif kind == 1:
            data[at] ^= 1 << random.integers(8)
        elif kind == 2:
            del data[at : at + int(random.integers(1, 40))]
        else:
            other = sources[random.integers(len(sources))]
            start = int(random.integers(0, len(other)))
            data[at:at] = other[start : start + int(random.integers(1, 60))]
    path.write_bytes(data)
    try:
        driver = OnnxDriver(path)
    except PolicyError as problem:
        assert "\\n" not in str(problem)
        refused += 1
        continue
    answer = driver.act(random.normal(0.0, 10.0, (3, 102)).astype(np.float32))
    assert answer.shape == (3, 2) and np.isfinite(answer).all()
    drove += 1
print(json.dumps([refused, drove]))
"""


def test_five_hundred_mutants_are_refused_or_drive(tmp_path: Path) -> None:
    """In a process of its own, so that a signal would be seen."""
    small_policy(small_config(), tmp_path / "ppo.onnx")
    small_policy(small_config("sac"), tmp_path / "sac.onnx")
    for name in ("not a number", "runtime error"):
        nodes, tensors, _ = LATE[name]
        save(wrap(nodes, tensors), tmp_path / f"{name}.onnx")
    for name in ("concat bomb", "tile", "expand", "division by 0"):
        save(HOSTILE[name][0], tmp_path / f"{name}.onnx")
    ran = subprocess.run(
        [sys.executable, "-c", FUZZ, str(tmp_path), "7", "500"],
        capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    assert ran.returncode == 0, (ran.returncode, ran.stderr[-2000:])
    refused, drove = json.loads(ran.stdout)
    assert refused + drove == 500
    assert drove > 20
