import keras
import numpy as np
import pytest

from seq2edge.models.classifier import build_classifier
from seq2edge.models.config import ClassifierConfig, Seq2SeqConfig
from seq2edge.models.loss import ClassificationLoss, SequenceLoss
from seq2edge.models.seq2seq import build_seq2seq
from seq2edge.pipeline.recipe_schema.recipe import Training
from seq2edge.pipeline.training.passes import RDrop, ScheduledSampling, wrap_in_pass

SOURCE = np.array([[5, 6, 7, 3], [8, 9, 3, 0]], "int32")
INPUTS = np.array([[2, 7, 6, 5], [2, 9, 8, 0]], "int32")
TARGET = np.array([[7, 6, 5, 3], [9, 8, 3, 0]], "int32")


@pytest.fixture
def model():
    keras.utils.set_random_seed(1)
    return build_seq2seq(Seq2SeqConfig(12, 12, units=8, embedding=8, dropout=0.3)).training


class Spy(keras.Model):
    """Records its target inputs, and predicts 6 everywhere."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def call(self, inputs, training=False):
        self.seen.append(np.array(inputs[1]))
        return keras.ops.one_hot(keras.ops.full_like(inputs[1], 6), 12)


@pytest.mark.parametrize(
    ("final_rate", "epoch", "second_inputs"),
    [(0.5, 0, INPUTS), (1.0, 4, [[2, 6, 6, 6], [2, 6, 6, 0]])],
    ids=["teacher forcing in the first epoch", "the model's own words where words were in the last"],
)
def test_scheduled_sampling_mixes_the_second_pass(final_rate, epoch, second_inputs):
    spy = Spy()
    wrapped = ScheduledSampling(spy, final_rate)
    wrapped.set_epoch(epoch, epochs=5)
    wrapped([SOURCE, INPUTS], training=True)
    np.testing.assert_array_equal(spy.seen[0], INPUTS)
    np.testing.assert_array_equal(spy.seen[1], second_inputs)


def test_r_drop_without_dropout_equals_the_ordinary_loss():
    keras.utils.set_random_seed(1)
    model = build_seq2seq(Seq2SeqConfig(12, 12, units=8, embedding=8, dropout=0.0)).training
    wrapped = RDrop(model, 5.0, SequenceLoss())
    wrapped.compile(loss=SequenceLoss())
    logits = wrapped([SOURCE, INPUTS], training=True)
    plain = SequenceLoss()(TARGET, model([SOURCE, INPUTS]))
    np.testing.assert_allclose(wrapped.compute_loss(y=TARGET, y_pred=logits), plain, rtol=1e-5)


def test_r_drop_adds_the_divergence_of_the_passes(model):
    wrapped = RDrop(model, 2.0, SequenceLoss())
    wrapped.compile(loss=SequenceLoss())
    logits = np.random.default_rng(0).normal(size=(4, 4, 12)).astype("float32")
    p, q = (np.exp(half) / np.exp(half).sum(-1, keepdims=True) for half in np.split(logits, 2))
    both = (p * np.log(p / q)).sum(-1) + (q * np.log(q / p)).sum(-1)
    both = both[TARGET != 0].mean()
    mean = SequenceLoss()(np.concatenate([TARGET, TARGET]), logits)
    np.testing.assert_allclose(wrapped.compute_loss(y=TARGET, y_pred=logits), mean + 2.0 / 4 * both, rtol=1e-5)


@pytest.mark.parametrize("settings", [{"scheduled_sampling": 0.5, "r_drop": 0}, {"scheduled_sampling": 0, "r_drop": 1}])
def test_fitting_the_wrapped_model_trains_the_original(model, settings):
    fitted = wrap_in_pass(model, Training(**settings), SequenceLoss())
    fitted.compile(keras.optimizers.Adam(0.02), SequenceLoss(), jit_compile=False)
    before = float(SequenceLoss()(TARGET, model([SOURCE, INPUTS])))
    fitted.fit([SOURCE, INPUTS], TARGET, epochs=15, verbose=0)
    assert float(SequenceLoss()(TARGET, model([SOURCE, INPUTS]))) < before - 0.5


def test_a_model_without_extra_passes_is_not_wrapped(model):
    assert wrap_in_pass(model, Training(), SequenceLoss()) is model


def test_r_drop_works_with_labels():
    keras.utils.set_random_seed(1)
    model = build_classifier(ClassifierConfig(12, 3, units=8, embedding=8, dropout=0.3)).training
    fitted = wrap_in_pass(model, Training(r_drop=2.0), ClassificationLoss())
    fitted.compile(keras.optimizers.Adam(0.02), ClassificationLoss(), jit_compile=False)
    labels = np.array([2, 1], "int32")
    before = float(ClassificationLoss()(labels, model(SOURCE)))
    fitted.fit(SOURCE, labels, epochs=15, verbose=0)
    assert float(ClassificationLoss()(labels, model(SOURCE))) < before - 0.5


def test_the_divergence_ignores_padding_rows():
    model = build_classifier(ClassifierConfig(12, 3, units=8, embedding=8)).training
    wrapped = RDrop(model, 4.0, ClassificationLoss())
    wrapped.compile(loss=ClassificationLoss())
    logits = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    p, q = (np.exp(half) / np.exp(half).sum(-1, keepdims=True) for half in np.split(logits, 2))
    both = ((p - q) * np.log(p / q)).sum(-1)[0]  # the second row is padding
    labels = np.array([2, -1], "int32")
    mean = ClassificationLoss()(np.concatenate([labels, labels]), logits)
    np.testing.assert_allclose(wrapped.compute_loss(y=labels, y_pred=logits), mean + both, rtol=1e-5)
