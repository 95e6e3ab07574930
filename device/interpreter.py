"""Runs the model file of a bundle with LiteRT or, if LiteRT is not installed, with tflite-runtime."""

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
DOT_PRODUCT = "asimddp"  # Linux name of the Arm int8 dot-product instructions (Cortex-A55, A76 and later)


def load_runtime() -> tuple[Any, str]:
    """Import the installed runtime.

    Returns:
        The `Interpreter` class of the runtime, and the name and version of the runtime.

    Raises:
        UserError: If no runtime is installed, or tflite-runtime is installed with an unsupported version of numpy.
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
    """Refuse int8 where tflite-runtime would crash: its kernel for dot-product instructions is miscompiled."""
    if bundle.manifest.quantization != "int8" or not runtime.startswith("tflite-runtime") or not CPU_INFO.is_file():
        return
    if DOT_PRODUCT in CPU_INFO.read_text(encoding="utf-8", errors="replace").split():
        raise UserError(
            f"{bundle.path}: {runtime} crashes on int8 on processors with dot-product instructions "
            f"({DOT_PRODUCT}) like this one; use LiteRT: pip install 'seq2edge[device]', or a float16 bundle"
        )


class _Interpreter:
    """An interpreter of a model file, for one thread at a time. All interpreters share the memory-mapped file."""

    def __init__(self, bundle: Bundle[Manifest], threads: int, interpreter: Any, runtime: str):
        path = bundle.path / MODEL
        try:
            self.interpreter = interpreter(model_path=str(path), num_threads=threads)
            offered = self.interpreter.get_signature_list()
        except (ValueError, RuntimeError) as error:
            raise UserError(f"{path}: {runtime} cannot load it: {first_line(error)}") from None
        if missing := sorted(set(bundle.manifest.signatures) - set(offered)):
            raise UserError(f"{path}: not the bundle's model, the signature {missing[0]!r} is missing")
        self.signatures: dict[str, Any] = {}
        self.description = f"{path}: {runtime}"

    def run(self, signature: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        try:
            if signature in self.signatures:
                return self.signatures[signature](**inputs)
            self.signatures[signature] = self.interpreter.get_signature_runner(signature)
            with without_notes():  # the first run allocates, and LiteRT prints a note about its delegate
                return self.signatures[signature](**inputs)
        except (RuntimeError, MemoryError) as error:
            reason = first_line(error, "out of memory")
            raise UserError(f"{self.description} cannot run {signature}: {reason}") from None


class ModelFile:
    """The model file of a bundle. Any number of threads may run it at once.

    Args:
        bundle: The bundle.
        threads: Number of threads of each interpreter.
        num_interpreters: Maximum number of interpreters. They are created on demand; if all are busy, callers wait.
        runtime: The `Interpreter` class and the name of the runtime; None: the installed runtime.

    Raises:
        UserError: If the file is not the bundle's model, or the runtime cannot load it.
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
        """Pad one source to a batch of one.

        Padding limits the number of different lengths, because the interpreter allocates again for each new length.

        Returns:
            The padded features, and the fixed length of the signatures to call; None: the signatures for any length.
        """
        length = source_length(source)
        fixed = next((fixed for fixed in self.fixed_lengths if fixed >= length), None)
        return pad_sources([source], fixed or length + -length % self.bucket), fixed

    def run(self, signature: str, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        """Call a signature and return its outputs by name."""
        interpreter = self._free.get()
        try:
            interpreter = interpreter or self._make()
            return interpreter.run(signature, inputs)
        finally:
            self._free.put(interpreter)
