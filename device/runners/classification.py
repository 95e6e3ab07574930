"""The runner of classifiers."""

import dataclasses
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from seq2edge.device.bundle import Bundle
from seq2edge.device.classifier_model import ClassifierModel, ClassifierOutput
from seq2edge.device.deadline import Deadline, LimitedClassifierModel
from seq2edge.device.errors import TextError
from seq2edge.device.manifests.classification import ClassificationManifest
from seq2edge.device.option import Option
from seq2edge.device.processors.interface import Features, SourceProcessor, source_length
from seq2edge.device.result import EMPTY, Part, Result, cut_note
from seq2edge.device.runners.classification_options import OPTIONS, ClassificationOptions
from seq2edge.device.runners.interface import INPUT_IS_EMPTY, Runner, bundle_processor
from seq2edge.device.tflite_classifier import TFLiteClassifier


class ClassificationRunner(Runner[ClassificationOptions]):
    """Answers sources with the name of a label.

    A source that is too long for the model is split, and the probabilities of its segments are averaged, weighted by
    their lengths. In a result, `text` is the most likely label, `score` and `confidence` are its probability, and
    `alternatives` has the `n_best` labels with their probabilities.

    Args:
        manifest: Manifest of the bundle.
        model: The classifier.
        processor: Converts sources to features.

    Example:
        >>> import seq2edge
        >>> runner = seq2edge.load("bundles/colours-int8")
        >>> runner.run("the red stone is here").text
        'red'
        >>> len(runner.run("the red stone is here", n_best=3).alternatives)
        3
    """

    OPTIONS: ClassVar[Mapping[str, Option]] = OPTIONS

    def __init__(self, manifest: ClassificationManifest, model: ClassifierModel, processor: SourceProcessor):
        self.manifest: ClassificationManifest = manifest
        self.model, self.processor = model, processor
        self.runtime = getattr(model, "runtime", "")

    @classmethod
    def from_bundle(
        cls, bundle: Bundle[ClassificationManifest], threads: int = 1, num_interpreters: int = 1
    ) -> "ClassificationRunner":
        """Build the runner of a bundle. Arguments are those of `load_runner`.

        Raises:
            UserError: If a file of the bundle is not valid, or no runtime is installed.
        """
        return cls(bundle.manifest, TFLiteClassifier(bundle, threads, num_interpreters), bundle_processor(bundle))

    def options(self, options: ClassificationOptions | None = None, **changes: Any) -> ClassificationOptions:
        self.refuse_unknown(changes)
        return dataclasses.replace(options or ClassificationOptions(), **changes)

    def run_each(
        self, sources: Sequence[Any], options: ClassificationOptions | None = None, **changes: Any
    ) -> Iterator[tuple[int, Result]]:
        options = self.options(options, **changes)
        for index, source in enumerate(sources):
            yield index, self._classify(source, options.n_best)

    def stream(
        self, source: Any, options: ClassificationOptions | None = None, **changes: Any
    ) -> Generator[str, None, Result]:
        result = self._classify(source, self.options(options, **changes).n_best)
        if result is EMPTY:
            raise TextError(INPUT_IS_EMPTY)
        yield result.text
        return result

    def limited(self, deadline: Deadline) -> "ClassificationRunner":
        return ClassificationRunner(self.manifest, LimitedClassifierModel(self.model, deadline), self.processor)

    def _classify(self, source: Any, n_best: int) -> Result:
        started = time.perf_counter()
        segments = self.processor.split(source)
        if not segments:
            return EMPTY
        features = [self.processor(segment.source) for segment in segments]
        outputs = self.model.classify(features)
        probabilities = [self._probabilities(output.logits) for output in outputs]
        mean = np.average(probabilities, axis=0, weights=[source_length(one) for one in features])
        best = [(self.manifest.classes[label], float(mean[label])) for label in np.argsort(-mean)[:n_best]]
        return Result(
            text=best[0][0],
            score=best[0][1],
            confidence=best[0][1],
            fallback=False,
            alternatives=tuple(best),
            parts=tuple(map(self._part, features, outputs, probabilities)),
            cut=cut_note(segments),
            missing=(),
            seconds=time.perf_counter() - started,
        )

    def _probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Calibrated probabilities `(classes,)`."""
        scaled = logits.astype(np.float64) / self.manifest.temperature
        exponentials = np.exp(scaled - scaled.max())
        return exponentials / exponentials.sum()

    def _part(self, features: Features, output: ClassifierOutput, probabilities: np.ndarray) -> Part:
        label, attention = int(probabilities.argmax()), output.attention
        if attention is not None:
            attention = attention[np.newaxis, : source_length(features)]
        return Part(
            source_tokens=tuple(self.processor.labels(features)),
            target_tokens=(self.manifest.classes[label],),
            log_probs=(float(np.log(max(probabilities[label], np.finfo(np.float64).tiny))),),
            attention=attention,
            alignment=None if attention is None else (int(attention.argmax()),),
        )
