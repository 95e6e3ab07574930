"""A new processor is a class and an entry in the registry. Search, batches, models and runners accept its features."""

import numpy as np
import pytest

from seq2edge.device.batching import pad_sources
from seq2edge.device.bundle import read_bundle
from seq2edge.device.classifier_model import ClassifierModel, ClassifierOutput
from seq2edge.device.errors import UserError
from seq2edge.device.processors.interface import Segment, SourceProcessor, SourceSpec, source_length
from seq2edge.device.processors.registry import PROCESSORS, source_processor
from seq2edge.device.runners.classification import ClassificationRunner
from seq2edge.device.runners.seq2seq import Seq2SeqRunner
from seq2edge.device.search.model import SequenceModel, StepOutput, Vocabulary
from seq2edge.device.special_ids import EOS
from seq2edge.device.target_tokenizer import TargetTokenizer
from seq2edge.device.tasks import TASKS
from seq2edge.device.tflite_seq2seq import TFLiteModel


class Numbers(SourceProcessor):
    """Sources of numbers; each position has two numbers."""

    def __init__(self, spec):
        self.source_length = spec.source_length

    def __call__(self, source, longest=None):
        return {"input_features": np.array(source, np.float32).reshape(-1, 2)[:longest]}

    def split(self, source):
        size = 2 * self.source_length
        return [Segment(source[start : start + size], line=0) for start in range(0, len(source), size)]

    def labels(self, features):
        return [f"{first:g} {second:g}" for first, second in features["input_features"]]

    def to_manifest(self):
        return {"type": "numbers"}


class SumOfPosition(SequenceModel):
    """A model that writes, for each position, the token whose id is the sum of the numbers."""

    mutable, max_batch_size = (True,), 4

    def __init__(self, vocabulary):
        self.vocabulary = vocabulary

    def encode(self, sources, vocabulary=Vocabulary.FULL):
        padded = pad_sources(sources, 1 + max(map(source_length, sources)))
        sums = padded["input_features"].sum(axis=2).astype(int)
        return np.where(sums, sums, EOS), [np.zeros(len(sources), int)]

    def step(self, token_ids, memory, sentence, states):
        (position,) = states
        logits = np.eye(self.vocabulary, dtype=np.float32)[memory[sentence, position]] * 50
        return StepOutput(logits, [position + 1], np.eye(memory.shape[1])[position])


@pytest.fixture
def bundle(bundles, monkeypatch):
    monkeypatch.setitem(PROCESSORS, "numbers", Numbers)
    return read_bundle(bundles / "none").with_manifest(processors={"source": {"type": "numbers"}})


@pytest.fixture
def processor(bundle):
    manifest = bundle.manifest
    return source_processor(SourceSpec(manifest.processors["source"], bundle.path, 3, TASKS[manifest.task]))


@pytest.fixture
def runner(bundle, processor):
    model = SumOfPosition(bundle.manifest.vocabulary["target"])
    return Seq2SeqRunner(bundle.manifest, model, processor, TargetTokenizer(bundle.tokenizers[1], "NFC"))


def numbers_of(tokens):
    """Make a source for which the model writes these tokens."""
    return [number for token in tokens for number in (token - 1, 1)]


def test_a_runner_answers_the_sources_of_the_processor(runner):
    red = runner.tokenizer.encode("red")[:3]
    result = runner.run(numbers_of(red))
    assert result.text == runner.tokenizer.decode(red)
    (part,) = result.parts
    assert part.source_tokens == tuple(f"{token - 1} 1" for token in red)
    assert part.attention.shape == (len(red), len(red))
    assert list(runner.stream(numbers_of(red)))[-1] == result.text


def test_sources_of_several_segments_and_lengths_are_decoded_together(runner):
    long, short = (runner.tokenizer.encode(text) for text in ("quiet garden window", "red"))
    results = runner.run_all([numbers_of(long), [], numbers_of(short)], beam=2)
    assert len(results[0].parts) == -(-len(long) // 3)
    assert [token for part in results[0].parts for token in part.target_tokens] == runner.tokenizer.tokens(long)
    assert [result.text for result in results[1:]] == ["", "red"]


def test_a_classifier_can_use_the_processor(classifier_bundles, processor):
    class LabelOfLength(ClassifierModel):
        def classify(self, sources):
            return [ClassifierOutput(20 * np.eye(12)[source_length(source)], None) for source in sources]

    manifest = read_bundle(classifier_bundles / "none").manifest
    runner = ClassificationRunner(manifest, LabelOfLength(), processor)
    results = runner.run_all([[1, 2], [1, 2, 3, 4], []])
    assert [result.text for result in results] == [manifest.classes[1], manifest.classes[2], ""]
    assert results[0].parts[0].source_tokens == ("1 2",)


def test_samples_depend_on_the_seed_and_on_the_source(runner):
    runner.model.step = lambda token_ids, memory, sentence, states: StepOutput(
        np.zeros((len(token_ids), runner.model.vocabulary), np.float32), states, None
    )
    first, again, other, seeded = (
        runner.run(source, sample=True, max_length=9, seed=seed).parts[0].target_tokens
        for source, seed in (([1, 2], 1), ([1, 2], 1), ([1, 2.5], 1), ([1, 2], 2))
    )
    assert first == again
    assert len({first, other, seeded}) == 3


def test_a_model_file_gets_padded_features_by_name(bundle, processor):
    given = {}

    class Recorder:
        def __init__(self, **settings):
            pass

        def get_signature_list(self):
            return dict.fromkeys(bundle.manifest.signatures)

        def get_signature_runner(self, name):
            return lambda **inputs: (
                given.update(inputs) or {state.name: np.zeros((1, 1)) for state in bundle.manifest.states}
            )

    TFLiteModel(bundle, runtime=(Recorder, "LiteRT 2")).encode([processor([5, 6, 7, 8])])
    assert given.keys() == {"input_features"}
    assert given["input_features"].dtype == np.float32
    assert given["input_features"].tolist() == [[[5, 6], [7, 8]] + [[0, 0]] * (bundle.manifest.length_bucket - 2)]


def test_a_processor_can_be_rebuilt_from_the_manifest(trained_run):
    processor = trained_run.data.processor(trained_run.recipe)
    spec = SourceSpec(processor.to_manifest(), trained_run.data.path, processor.source_length, TASKS["chat"])
    again = source_processor(spec)
    assert again.to_manifest() == trained_run.manifest().processors["source"]
    assert again("the red stone")["source_ids"].tolist() == processor("the red stone")["source_ids"].tolist()


def test_a_file_that_is_not_a_tokenizer_is_named(tmp_path):
    (tmp_path / "source.model").write_bytes(b"not a model")
    spec = SourceSpec({"type": "text", "normalisation": "NFC"}, tmp_path, 9, TASKS["chat"])
    with pytest.raises(UserError, match=r"source\.model: not a SentencePiece model"):
        source_processor(spec)
