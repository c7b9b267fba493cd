"""The trained network as ONNX graphs, with the metadata that sherpa-onnx reads.

    offline     as a Zipformer CTC model: x [N, T, 80], x_lens [N] to log_probs, log_probs_len
    online      as a WeNet streaming CTC model: a chunk and what the blocks saw before, to
                log_probs and what they have seen now

Matrices are stored in int8, a scale for each output; onnxruntime unfolds them when it loads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from models.training.ctc.fbank import BANDS, SILENCE, WIDE_SCALE
from models.training.ctc.net import SEEN_FRAMES, SUBSAMPLING, NanoCtc

OPSET = 17
CHUNK = 8
"""Outputs of one streamed chunk: 320 ms."""
_IR = 8
_HEADS = 1
_SMALLEST_MATRIX = 16_384
_FLOAT, _INT, _BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


class Graph:
    """Nodes and constants of one model, in order."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._count = 0

    def op(self, kind: str, inputs: Sequence[str], *, name: str = "", **attributes: Any) -> str:
        """A node; the name of its one output."""
        self._count += 1
        output = name or f"{kind}_{self._count}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, value: Any) -> str:
        self._count += 1
        name = f"constant_{self._count}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def matrix(self, value: Any) -> str:
        """Weights whose first axis is the outputs: int8 where that is worth it."""
        value = np.asarray(value, np.float32)
        if value.size < _SMALLEST_MATRIX:
            return self.constant(value)
        scale = np.abs(value.reshape(len(value), -1)).max(1) / 127 + 1e-12
        spread = scale.reshape(-1, *[1] * (value.ndim - 1))
        whole = np.clip(np.rint(value / spread), -127, 127).astype(np.int8)
        inputs = [
            self.constant(whole),
            self.constant(scale.astype(np.float32)),
            self.constant(np.zeros(len(value), np.int8)),
        ]
        return self.op("DequantizeLinear", inputs, axis=0)

    def linear(self, x: str, layer: Any) -> str:
        across = self.op("Transpose", [self.matrix(_array(layer.weight))], perm=[1, 0])
        return self.op("Add", [self.op("MatMul", [x, across]), self.constant(_array(layer.bias))])

    def convolution(self, x: str, layer: Any) -> str:
        inputs = [x, self.matrix(_array(layer.weight)), self.constant(_array(layer.bias))]
        return self.op("Conv", inputs, strides=list(layer.stride), group=layer.groups)

    def norm(self, x: str, layer: Any) -> str:
        inputs = [x, self.constant(_array(layer.weight)), self.constant(_array(layer.bias))]
        return self.op("LayerNormalization", inputs, axis=-1, epsilon=layer.eps)

    def silu(self, x: str) -> str:
        return self.op("Mul", [x, self.op("Sigmoid", [x])])

    def turned(self, x: str) -> str:
        """[N, T, width] as [N, width, T] and back."""
        return self.op("Transpose", [x], perm=[0, 2, 1])

    def model(self, inputs: list[Any], outputs: list[Any], metadata: dict[str, str]) -> Any:
        graph = helper.make_graph(self.nodes, "nano_ctc_zh", inputs, outputs, self.constants)
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=_IR)
        helper.set_model_props(model, metadata)
        onnx.checker.check_model(model)
        return model


def offline(net: NanoCtc) -> Any:
    """A whole window; silence is put behind it, so that its last character is written."""
    graph = Graph()
    features = graph.turned("x")
    tail = graph.constant(np.array([0, 0, 0, 0, 0, SEEN_FRAMES - 1], np.int64))
    padded = graph.op("Pad", [features, tail, graph.constant(np.float32(SILENCE))])
    zero = np.zeros((1, 1, 1), np.float32)
    before = graph.constant(np.array([0, 0, net.shape.kernel - 1, 0, 0, 0], np.int64))

    def seen(_block: int, turned: str) -> str:
        return graph.op("Pad", [turned, before, graph.constant(zero.reshape(()))])

    _network(graph, net, padded, seen)
    length = graph.op("Add", ["x_lens", graph.constant(np.int64(SUBSAMPLING - 1))])
    graph.op("Div", [length, graph.constant(np.int64(SUBSAMPLING))], name="log_probs_len")
    return graph.model(
        [_info("x", _FLOAT, ["N", "T", BANDS]), _info("x_lens", _INT, ["N"])],
        [
            _info("log_probs", _FLOAT, ["N", "T_out", net.shape.vocabulary]),
            _info("log_probs_len", _INT, ["N"]),
        ],
        {"model_type": "zipformer2_ctc", "comment": "qa-engine nano_ctc_zh, whole windows"},
    )


def online(net: NanoCtc) -> Any:
    """A chunk of a stream. What WeNet's attention would remember is passed on as it came."""
    graph = Graph()
    shape = net.shape
    # WeNet's samples go to 32768, these were trained up to 1; silence has its floor in both.
    scaled = graph.op("Sub", [graph.turned("chunk"), graph.constant(np.float32(WIDE_SCALE))])
    features = graph.op("Max", [scaled, graph.constant(np.float32(SILENCE))])
    kept: list[str] = []
    past = shape.kernel - 1
    whole = graph.constant(np.array([-past], np.int64))
    end = graph.constant(np.array([np.iinfo(np.int64).max], np.int64))
    last_axis = graph.constant(np.array([2], np.int64))

    def seen(block: int, turned: str) -> str:
        own = graph.op("Gather", ["cnn_cache", graph.constant(np.int64(block))], axis=0)
        joined = graph.op("Concat", [own, turned], axis=2)
        tail = graph.op("Slice", [joined, whole, end, last_axis])
        kept.append(graph.op("Unsqueeze", [tail, graph.constant(np.array([0], np.int64))]))
        return joined

    _network(graph, net, features, seen)
    graph.op("Identity", ["att_cache"], name="r_att_cache")
    graph.op("Concat", kept, axis=0, name="r_cnn_cache")
    attention = ["blocks", _HEADS, "cache", "key_and_value"]
    cache = [shape.blocks, 1, shape.width, past]
    return graph.model(
        [
            _info("chunk", _FLOAT, [1, "T", BANDS]),
            _info("offset", _INT, [1]),
            _info("required_cache_size", _INT, [1]),
            _info("att_cache", _FLOAT, attention),
            _info("cnn_cache", _FLOAT, cache),
            _info("att_mask", _BOOL, [1, 1, "mask"]),
        ],
        [
            _info("log_probs", _FLOAT, [1, "T_out", shape.vocabulary]),
            _info("r_att_cache", _FLOAT, attention),
            _info("r_cnn_cache", _FLOAT, cache),
        ],
        {
            "model_type": "wenet_ctc",
            "comment": "streaming",
            "subsampling_factor": str(SUBSAMPLING),
            "right_context": str(SEEN_FRAMES - 1),
            "vocab_size": str(shape.vocabulary),
            "head": str(_HEADS),
            "num_blocks": str(shape.blocks),
            "output_size": str(shape.width),
            "cnn_module_kernel": str(shape.kernel),
            "chunk_size": str(CHUNK),
            "left_chunks": "1",
        },
    )


def _network(graph: Graph, net: NanoCtc, features: str, seen: Any) -> None:
    """Features [N, 80, T] to `log_probs`. `seen(block, x)`: x [N, width, T] behind its past."""
    x = graph.op("Sub", [features, graph.constant(_array(net.mean))])
    x = graph.op("Div", [x, graph.constant(_array(net.deviation))])
    x = graph.silu(graph.convolution(x, net.front1))
    x = graph.silu(graph.convolution(x, net.front2))
    x = graph.norm(graph.turned(graph.convolution(x, net.front3)), net.front_norm)
    block: Any
    for number, block in enumerate(net.blocks):
        y = graph.turned(graph.convolution(seen(number, graph.turned(x)), block.depth))
        y = graph.silu(graph.linear(graph.norm(y, block.norm), block.inner))
        x = graph.op("Add", [x, graph.linear(y, block.outer)])
    logits = graph.linear(graph.norm(x, net.last_norm), net.character)
    graph.op("LogSoftmax", [logits], axis=-1, name="log_probs")


def _info(name: str, kind: int, shape: Sequence[Any]) -> Any:
    return helper.make_tensor_value_info(name, kind, list(shape))


def _array(tensor: Any) -> Any:
    return np.ascontiguousarray(tensor.detach().float().numpy())
