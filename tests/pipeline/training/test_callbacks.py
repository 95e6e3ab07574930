import keras
import pytest

from seq2edge.pipeline.training.callbacks.epoch_start import ReduceLROnPlateau
from seq2edge.pipeline.training.parallel import synchronize
from seq2edge.pipeline.training.parallel.synchronize import SynchronizeProcesses
from seq2edge.pipeline.training.progress import Progress


@pytest.mark.parametrize(
    ("scores", "halvings"),
    [([], 0), ([10, 11, 12], 0), ([10, 9, 9], 1), ([10, 9, 9, 12, 11], 1), ([10, 9, 9, 9, 9], 2)],
)
def test_the_learning_rate_is_halved_after_two_epochs_without_improvement(scores, halvings):
    progress = Progress(history=[{"epoch": i + 1, "val_bleu": score} for i, score in enumerate(scores)])
    assert ReduceLROnPlateau(progress, "bleu", peak=0.1, patience=2).reductions() == halvings


def test_processes_with_diverging_weights_are_stopped(monkeypatch):
    class Elsewhere:
        def name(self, process):
            return f"process {process}"

    monkeypatch.setattr(synchronize, "gather", lambda value: [value | {"weights": "others"}, value])
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    callback = SynchronizeProcesses(Elsewhere(), model, Progress())
    callback.set_model(model)
    model.stop_training = False
    with pytest.raises(RuntimeError, match="after epoch 3 the weights of process 1 differ from those of process 0"):
        callback.on_epoch_end(2)


def test_all_processes_follow_the_decisions_of_process_0(monkeypatch):
    first = {"progress": vars(Progress(epoch=3, best=0.5)), "stop": True}
    monkeypatch.setattr(synchronize, "gather", lambda value: [value | first, value])
    model, progress = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]), Progress()
    callback = SynchronizeProcesses(None, model, progress)
    callback.set_model(model)
    model.stop_training = False
    callback.on_epoch_end(2)
    assert model.stop_training
    assert progress == Progress(epoch=3, best=0.5)
