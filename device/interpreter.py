"""Runs a bundle's model file with LiteRT or, if that is not installed, with tflite-runtime."""

import importlib
import queue
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from seq2edge.device import signature_names
from seq2edge.device.batching import add_rows, pad_sources
from seq2edge.device.bundle import MODEL, Bundle
from seq2edge.device.errors import UserError
from seq2edge.device.manifests.common import Manifest
from seq2edge.device.manifests.seq2seq import Seq2SeqManifest
from seq2edge.device.processors.interface import Features, source_length
from seq2edge.device.search.model import GreedyOutput, SequenceModel, StepOutput, Vocabulary
from seq2edge.device.search.options import DecodingOptions
from seq2edge.device.shortlist import FILE as SHORTLIST
from seq2edge.device.shortlist import Shortlist

RUNTIMES = {"ai_edge_litert": "LiteRT", "tflite_runtime": "tflite-runtime"}  # package: its name in messages
CPU_INFO = Path("/proc/cpuinfo")
DOT_PRODUCT = "asimddp"  # Linux' name of the Arm instructions for int8, which the Cortex-A55, A76 and later have


def load_runtime() -> tuple[Any, str]:
    """The Interpreter class of the installed runtime, and the runtime's name and version.

    Raises:
        UserError: If no runtime is installed, or tflite-runtime is installed with a numpy that it does not support.
    """
    for package, name in RUNTIMES.items():
        try:
            interpreter = importlib.import_module(f"{package}.interpreter").Interpreter
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] != package:
                raise
            continue
        if package == "tflite_runtime" and int(np.__version__.split(".")[0]) >= 2:
            raise UserError(
                f"tflite-runtime does not support numpy {np.__version__}; pip install 'numpy<2', "
                "or use LiteRT: pip install 'seq2edge[device]'"
            )
        return interpreter, f"{name} {importlib.import_module(package).__version__}"
    raise UserError(
        "no runtime is installed; pip install 'seq2edge[device]' (LiteRT) or 'seq2edge[device-tflite]' (tflite-runtime)"
    )


def _refuse_crash(bundle: Bundle[Manifest], runtime: str) -> None:
    """Refuse what would end the process: tflite-runtime's int8 kernel for these instructions was compiled wrongly."""
    if bundle.manifest.quantization != "int8" or not runtime.startswith("tflite-runtime") or not CPU_INFO.is_file():
        return
    if DOT_PRODUCT in CPU_INFO.read_text(encoding="utf-8", errors="replace").split():
        raise UserError(
            f"{bundle.path}: {runtime} crashes on int8 on processors with dot-product instructions "
            f"({DOT_PRODUCT}) like this one; use LiteRT: pip install 'seq2edge[device]', or a float16 bundle"
        )


@dataclass(frozen=True)
class _Memory:
    """The memory of a source.

    Attributes:
        inputs: Those that are the same for all steps.
        length: Fixed source length of the decode steps that take it; None: any.
        top: Whether the search needs the most likely tokens of each step only.
        shortlist: The tokens that the steps score; None: all.
    """

    inputs: dict[str, np.ndarray]
    length: int | None
    top: bool = False
    shortlist: np.ndarray | None = None


class _Interpreter:
    """An interpreter of a model file, for one thread at a time; all of them share the memory-mapped file."""

    def __init__(self, bundle: Bundle[Manifest], threads: int, interpreter: Any, runtime: str):
        path = bundle.path / MODEL
        try:
            self.interpreter = interpreter(model_path=str(path), num_threads=threads)
            offered = self.interpreter.get_signature_list()
        except (ValueError, RuntimeError) as error:
            raise UserError(f"{path}: {runtime} refuses it: {str(error).strip().splitlines()[0]}") from None
        if missing := sorted(set(bundle.manifest.signatures) - set(offered)):
            raise UserError(f"{path}: not the bundle's model, the signature {missing[0]!r} is missing")
        self.signatures: dict[str, Any] = {}
        self.description = f"{path}: {runtime}"

    def run(self, signature: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        try:
            if signature not in self.signatures:
                self.signatures[signature] = self.interpreter.get_signature_runner(signature)
            return self.signatures[signature](**inputs)
        except (RuntimeError, MemoryError) as error:
            reason = (str(error).strip().splitlines() or ["out of memory"])[0]
            raise UserError(f"{self.description} cannot run {signature}: {reason}") from None


class TFLiteModel(SequenceModel):
    """A `seq2edge.device.search.model.SequenceModel` over model.tflite, one source at a time.

    All rows of a beam share the memory, and rows are padded to the smallest decode step that has room for them. States
    belong to the search and not to the model, so any number of threads may search at once.

    Args:
        threads: Of each interpreter.
        num_interpreters: They are created when needed; if all are busy, a caller waits for one.
        runtime: The Interpreter class and its name; None: the installed one.

    Raises:
        UserError: If the file is not the bundle's model, or the runtime refuses it.
    """

    max_batch_size = 1

    def __init__(
        self,
        bundle: Bundle[Seq2SeqManifest],
        threads: int = 1,
        num_interpreters: int = 1,
        runtime: tuple[type[Any], str] | None = None,
    ):
        interpreter, self.runtime = runtime or load_runtime()
        _refuse_crash(bundle, self.runtime)
        self.bundle = bundle
        self._make = partial(_Interpreter, bundle, threads, interpreter, self.runtime)
        self._free: queue.LifoQueue[_Interpreter | None] = queue.LifoQueue()
        for _ in range(num_interpreters - 1):
            self._free.put(None)
        self._free.put(self._make())
        self.state_names = [state.name for state in bundle.manifest.states]
        self.mutable: Sequence[bool] = [state.mutable for state in bundle.manifest.states]
        self.beam_sizes = sorted(bundle.manifest.beam_sizes)
        self.fixed_lengths = sorted(bundle.manifest.fixed_lengths)
        self.shortlist = Shortlist.open(bundle) if SHORTLIST in bundle.manifest.files else None

    def encode(
        self, sources: Sequence[Features], vocabulary: Vocabulary = Vocabulary.FULL
    ) -> tuple[Any, list[np.ndarray]]:
        if len(sources) != 1:
            raise ValueError(f"a model file encodes one source at a time. Received: {len(sources)}")
        top = vocabulary is not Vocabulary.FULL
        short = self.shortlist if vocabulary is Vocabulary.SHORTLIST else None
        padded, fixed = self._pad(sources[0])
        length = None if short else fixed
        encoded = self._run(signature_names.encode(length), **padded)
        states = [encoded.pop(name) for name in self.state_names]
        if short is None:
            return _Memory(encoded, length, top), states
        likely = short.of(sources[0]["source_ids"], 2 * self.beam_sizes[-1])
        rows = self._run(signature_names.OUTPUT_ROWS, shortlist_ids=likely)
        return _Memory(encoded | rows, length, top, likely), states

    def step(self, token_ids: np.ndarray, memory: Any, sentence: np.ndarray, states: list[np.ndarray]) -> StepOutput:
        rows = len(token_ids)
        batch = self._batch_for(rows)
        extra = batch - rows
        if memory.shortlist is None:
            signature = signature_names.decode_step(batch, memory.length)
        else:
            signature = signature_names.decode_step_shortlist(batch)
        outputs = self._run(
            signature,
            token_ids=add_rows(token_ids.astype(np.int32, copy=False), extra),
            **memory.inputs,
            **{name: add_rows(state, extra) for name, state in zip(self.state_names, states, strict=True)},
        )
        if extra:
            outputs = {name: output[:rows] for name, output in outputs.items()}
        new_states, attention = [outputs[name] for name in self.state_names], outputs.get("attention")
        if not memory.top:
            return StepOutput(outputs["logits"], new_states, attention)
        top_ids = outputs["top_ids"] if memory.shortlist is None else memory.shortlist[outputs["top_places"]]
        return StepOutput(outputs["top_log_probs"], new_states, attention, top_ids)

    def greedy(self, source: Features, options: DecodingOptions) -> GreedyOutput | None:
        most = options.limits(source_length(source))[1]
        if most > self.bundle.manifest.target_length:
            return None
        padded, fixed = self._pad(source)
        if options.shortlist and self.shortlist:
            likely = self.shortlist.of(source["source_ids"])
            outputs = self._run(signature_names.GENERATE_SHORTLIST, **padded, shortlist_ids=likely)
        else:
            outputs = self._run(signature_names.generate(fixed), **padded)
        length = min(int(outputs["length"][0]), most)
        attention = outputs["attention"][0, :length] if "attention" in outputs else None
        return GreedyOutput(outputs["target_ids"][0, :length], outputs["log_probs"][0, :length], attention)

    def check_beam(self, beam: int) -> None:
        self._batch_for(beam)

    def _batch_for(self, rows: int) -> int:
        """The size of the smallest decode step with room for these rows."""
        for batch in self.beam_sizes:
            if batch >= rows:
                return batch
        offered = ", ".join(map(str, self.beam_sizes))
        raise UserError(
            f"beam is {rows}, the bundle offers beam sizes {offered}; export it with export.beam_sizes up to {rows}"
        )

    def _pad(self, source: Features) -> tuple[Features, int | None]:
        """A batch of one padded source, and the fixed length of the signatures for it.

        The padding keeps the number of different lengths small, as each new one makes the interpreter allocate again.
        """
        length = source_length(source)
        fixed = next((fixed for fixed in self.fixed_lengths if fixed >= length), None)
        return pad_sources([source], fixed or length + -length % self.bundle.manifest.length_bucket), fixed

    def _run(self, signature: str, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        interpreter = self._free.get()
        try:
            interpreter = interpreter or self._make()
            return interpreter.run(signature, inputs)
        finally:
            self._free.put(interpreter)
