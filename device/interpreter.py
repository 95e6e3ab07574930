"""Runs a bundle's model file with LiteRT or, if that is not installed, with tflite-runtime."""

import importlib
import queue
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from seq2edge.device.batching import pad_sources
from seq2edge.device.bundle import MODEL, Bundle
from seq2edge.device.errors import UserError, first_line
from seq2edge.device.limits import check_threads
from seq2edge.device.manifests.common import Manifest
from seq2edge.device.native_notes import without_notes
from seq2edge.device.processors.interface import Features, source_length
from seq2edge.device.runtimes import RUNTIMES

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


class _Interpreter:
    """An interpreter of a model file, for one thread at a time; all of them share the memory-mapped file."""

    def __init__(self, bundle: Bundle[Manifest], threads: int, interpreter: Any, runtime: str):
        path = bundle.path / MODEL
        try:
            self.interpreter = interpreter(model_path=str(path), num_threads=threads)
            offered = self.interpreter.get_signature_list()
        except (ValueError, RuntimeError) as error:
            raise UserError(f"{path}: {runtime} refuses it: {first_line(error)}") from None
        if missing := sorted(set(bundle.manifest.signatures) - set(offered)):
            raise UserError(f"{path}: not the bundle's model, the signature {missing[0]!r} is missing")
        self.signatures: dict[str, Any] = {}
        self.description = f"{path}: {runtime}"

    def run(self, signature: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        try:
            if signature in self.signatures:
                return self.signatures[signature](**inputs)
            self.signatures[signature] = self.interpreter.get_signature_runner(signature)
            with without_notes():  # the first run allocates, and LiteRT tells of its delegate
                return self.signatures[signature](**inputs)
        except (RuntimeError, MemoryError) as error:
            reason = first_line(error, "out of memory")
            raise UserError(f"{self.description} cannot run {signature}: {reason}") from None


class ModelFile:
    """A bundle's model file. Any number of threads may run it at once.

    Args:
        threads: Of each interpreter.
        num_interpreters: They are created when needed; if all are busy, a caller waits for one.
        runtime: The Interpreter class and its name; None: the installed one.

    Raises:
        UserError: If the file is not the bundle's model, or the runtime refuses it.
    """

    def __init__(
        self,
        bundle: Bundle[Manifest],
        threads: int = 1,
        num_interpreters: int = 1,
        runtime: tuple[type[Any], str] | None = None,
    ):
        check_threads("threads", threads)
        check_threads("interpreters", num_interpreters)
        interpreter, self.runtime = runtime or load_runtime()
        _refuse_crash(bundle, self.runtime)
        self.bucket, self.fixed_lengths = bundle.manifest.length_bucket, sorted(bundle.manifest.fixed_lengths)
        self._make = partial(_Interpreter, bundle, threads, interpreter, self.runtime)
        self._free: queue.LifoQueue[_Interpreter | None] = queue.LifoQueue()
        for _ in range(num_interpreters - 1):
            self._free.put(None)
        self._free.put(self._make())

    def pad(self, source: Features) -> tuple[Features, int | None]:
        """A batch of one padded source, and the fixed length of the signatures for it.

        The padding keeps the number of different lengths small, as each new one makes the interpreter allocate again.
        """
        length = source_length(source)
        fixed = next((fixed for fixed in self.fixed_lengths if fixed >= length), None)
        return pad_sources([source], fixed or length + -length % self.bucket), fixed

    def run(self, signature: str, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        """The outputs of a signature, by name."""
        interpreter = self._free.get()
        try:
            interpreter = interpreter or self._make()
            return interpreter.run(signature, inputs)
        finally:
            self._free.put(interpreter)
