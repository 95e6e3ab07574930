import signal
import subprocess
import sys
import time
from functools import partial
from unittest.mock import Mock

import numpy as np
import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.batches import Batches, BatchOptions
from seq2edge.pipeline.data.collate import collate_seq2seq
from seq2edge.pipeline.data.prepare import PrepareOptions, prepare
from seq2edge.pipeline.evaluation.evaluate import EvaluateOptions, evaluate_run
from seq2edge.pipeline.evaluation.tables import table
from seq2edge.pipeline.run import Run
from seq2edge.pipeline.training import trainer
from seq2edge.pipeline.training.options import TrainOptions
from seq2edge.pipeline.training.trainer import train


@pytest.fixture
def data(tiny_recipe, pairs_file, tmp_path):
    return prepare(tiny_recipe(), tmp_path, PrepareOptions(pairs_file.parent, quiet=True))


def test_a_pass_has_each_pair_once_padded_to_its_bucket(data):
    batches = Batches(data.train, collate_seq2seq, BatchOptions(batch_size=16, buckets=2, seed=1))
    rows = [tuple(row) for (sources, _), _ in batches for row in sources]
    wanted = {tuple(data.train["source_ids"].row(i)) for i in range(len(data.train))}
    assert {tuple(i for i in row if i) for row in rows} == wanted
    assert len(rows) == len(batches) * 16


def test_target_inputs_are_the_targets_shifted_right_after_bos(data):
    (_, inputs), targets = Batches(data.train, collate_seq2seq, BatchOptions(batch_size=16, seed=1))[0]
    assert (inputs[:, 0] == 2).all()
    assert (inputs[:, 1:] == targets[:, :-1]).all()


def test_the_order_is_a_function_of_seed_and_step(data):
    whole = list(Batches(data.train, collate_seq2seq, BatchOptions(batch_size=16, buckets=2, seed=5), steps=20))
    later = list(
        Batches(data.train, collate_seq2seq, BatchOptions(batch_size=16, buckets=2, seed=5), first_step=13, steps=7)
    )
    for ((expected, _), _), ((found, _), _) in zip(whole[13:], later, strict=True):
        np.testing.assert_array_equal(found, expected)
    other = list(Batches(data.train, collate_seq2seq, BatchOptions(batch_size=16, buckets=2, seed=6), steps=20))
    assert any(not np.array_equal(a[0][0], b[0][0]) for a, b in zip(whole, other, strict=True))


def test_word_dropout_hides_tokens_but_neither_eos_nor_padding(data):
    (plain, _), _ = Batches(data.train, collate_seq2seq, BatchOptions(batch_size=16, seed=1))[0]
    collate = partial(collate_seq2seq, word_dropout=0.5)
    (hidden, _), _ = Batches(data.train, collate, BatchOptions(batch_size=16, seed=1))[0]
    changed = plain != hidden
    assert changed.any()
    assert (hidden[changed] == 1).all()
    assert (plain[changed] > 3).all()


def test_a_trained_run_learned_its_task_and_has_all_files(trained_run):
    result = evaluate_run(trained_run, "test", EvaluateOptions(quiet=True))
    assert result.scores["exact_match"] > 70
    assert "nrefs:1|case:mixed" in table([result])
    kept = {path.name for path in trained_run.path.iterdir()}
    assert {"recipe.toml", "model.keras", "checkpoint.npz", "history.csv", "history.png", "samples.txt"} <= kept
    assert {"attention.png", "data", "evaluation-test-tiny.json", "outputs-test-tiny.tsv"} <= kept


def losses(run):
    return [row["loss"] for row in run.history()]


@pytest.mark.slow
def test_a_killed_training_resumes_with_the_same_numbers(tiny_recipe, pairs_file, tmp_path):
    recipe = tiny_recipe(epochs=4, settings=["model.dropout=0.2", "training.patience=9"])
    whole = train(recipe, tmp_path / "whole", TrainOptions(recipe_folder=pairs_file.parent, quiet=True))
    (tmp_path / "recipe.toml").write_text(recipe.to_toml())
    script = (
        "import sys; from pathlib import Path\n"
        "from seq2edge.pipeline.recipe_schema.load import load_recipe\n"
        "from seq2edge.pipeline.training.options import TrainOptions\n"
        "from seq2edge.pipeline.training.trainer import train\n"
        "options = TrainOptions(recipe_folder=Path(sys.argv[3]), quiet=True)\n"
        "train(load_recipe(Path(sys.argv[1])), Path(sys.argv[2]), options)\n"
    )
    arguments = [tmp_path / "recipe.toml", tmp_path / "killed", pairs_file.parent]
    process = subprocess.Popen([sys.executable, "-c", script, *map(str, arguments)])
    deadline = time.monotonic() + 120
    while not (tmp_path / "killed" / "checkpoint.npz").is_file() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    resumed = train(recipe, tmp_path / "killed", TrainOptions(recipe_folder=pairs_file.parent, resume=True, quiet=True))
    np.testing.assert_allclose(losses(resumed), losses(whole), rtol=1e-3)


def test_an_existing_run_is_not_overwritten(trained_run, pairs_file):
    with pytest.raises(UserError, match="already exists"):
        train(trained_run.recipe, trained_run.path, TrainOptions(recipe_folder=pairs_file.parent, quiet=True))


def test_overwriting_starts_the_training_again(tiny_recipe, pairs_file, tmp_path):
    first = train(tiny_recipe(epochs=1), tmp_path / "run", TrainOptions(recipe_folder=pairs_file.parent, quiet=True))
    before = losses(first)
    again = train(
        tiny_recipe(epochs=1),
        tmp_path / "run",
        TrainOptions(recipe_folder=pairs_file.parent, overwrite=True, quiet=True),
    )
    np.testing.assert_allclose(losses(again), before, rtol=1e-3)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_resuming_with_another_recipe_is_refused(trained_run, tiny_recipe, pairs_file):
    with pytest.raises(UserError, match=r"model\.units: 64 there, 32 now"):
        train(
            tiny_recipe(settings=["model.units=32"]),
            trained_run.path,
            TrainOptions(recipe_folder=pairs_file.parent, resume=True, quiet=True),
        )


def test_a_folder_that_is_not_a_run_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"not a finished run, recipe\.toml is missing"):
        Run.open(tmp_path)


def test_a_token_budget_limits_the_size_of_batches(data):
    batches = Batches(data.train, collate_seq2seq, BatchOptions(batch_size=1, buckets=3, seed=1, tokens=200))
    for (sources, _), targets in batches:
        longest = max(sources.shape[1], targets.shape[1])
        assert len(sources) == 200 // longest


def test_validation_batches_are_filled_with_rows_that_do_not_count(data):
    batches = Batches(data.valid, collate_seq2seq, BatchOptions(batch_size=5, buckets=1))
    real = [row for _, targets in batches for row in targets if row.any()]
    assert len(real) == len(data.valid)
    assert len(batches) * 5 > len(real)


@pytest.mark.slow
def test_a_training_with_many_settings_trains_stops_and_resumes(tiny_recipe, pairs_file, tmp_path):
    settings = ["training.schedule=plateau", "training.ema=0.9", "training.average=3", "training.accumulate=2"]
    settings += ["training.batch_tokens=300", "training.scheduled_sampling=0.3", "training.stop_on=chrf"]
    settings += ["training.patience=20"]
    first = train(
        tiny_recipe(epochs=3, settings=settings),
        tmp_path / "run",
        TrainOptions(recipe_folder=pairs_file.parent, quiet=True),
    )
    assert len(first.history()) == 3
    longer = tiny_recipe(epochs=12, settings=settings)
    again = train(longer, tmp_path / "run", TrainOptions(recipe_folder=pairs_file.parent, resume=True, quiet=True))
    assert len(again.history()) == 12
    assert losses(again)[-1] < losses(again)[0] - 2


def test_nan_loss_stops_training_and_keeps_the_checkpoint(tiny_recipe, pairs_file, tmp_path):
    run = train(tiny_recipe(epochs=1), tmp_path / "run", TrainOptions(recipe_folder=pairs_file.parent, quiet=True))
    before = (run.path / "model.keras").read_bytes()
    checkpoint = dict(np.load(run.path / "checkpoint.npz"))
    checkpoint["weight_0"] = np.full_like(checkpoint["weight_0"], np.nan)
    np.savez(run.path / "checkpoint.npz", **checkpoint)
    with pytest.raises(UserError, match=r"the loss is nan at step \d+ \(epoch 2\).*: 'the \w+ \w+ is here'"):
        train(tiny_recipe(epochs=2), run.path, TrainOptions(recipe_folder=pairs_file.parent, resume=True, quiet=True))
    assert (run.path / "model.keras").read_bytes() == before


def test_a_training_from_an_earlier_run_uses_its_tokenizer(trained_run, tiny_recipe, pairs_file, tmp_path):
    recipe = tiny_recipe(epochs=1, settings=["training.learning_rate=0.00001", "data.test=0.15"])
    run = train(
        recipe, tmp_path / "run", TrainOptions(recipe_folder=pairs_file.parent, quiet=True, initial_run=trained_run)
    )
    assert run.data.tokenizers[0].read_bytes() == trained_run.data.tokenizers[0].read_bytes()
    assert losses(run)[0] < 0.2
    train(recipe, tmp_path / "run", TrainOptions(recipe_folder=pairs_file.parent, quiet=True, resume=True))


def test_a_training_that_was_stopped_in_its_first_epoch_still_starts_from_the_earlier_run(
    trained_run, tiny_recipe, pairs_file, tmp_path, monkeypatch
):
    recipe = tiny_recipe(epochs=1, settings=["training.learning_rate=0.00001"])
    options = TrainOptions(recipe_folder=pairs_file.parent, quiet=True, initial_run=trained_run)
    with monkeypatch.context() as patch:
        patch.setattr(trainer, "_fit", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            train(recipe, tmp_path / "run", options)
    resumed = train(recipe, tmp_path / "run", TrainOptions(recipe_folder=pairs_file.parent, quiet=True, resume=True))
    assert losses(resumed)[0] < 0.2


@pytest.mark.slow
def test_a_training_in_float16_learns(tiny_recipe, pairs_file, tmp_path):
    recipe = tiny_recipe(epochs=3, settings=["training.precision=mixed_float16", "training.ema=0.5"])
    run = train(recipe, tmp_path / "run", TrainOptions(recipe_folder=pairs_file.parent, quiet=True))
    assert losses(run)[-1] < losses(run)[0]


def test_an_initial_run_with_other_shapes_is_refused(trained_run, tiny_recipe, pairs_file, tmp_path):
    recipe = tiny_recipe(settings=["model.units=32", "model.decoder=gru"])
    with pytest.raises(UserError, match=r"units: 64 there, 32 now; decoder.kind: 'lstm' there, 'gru' now"):
        train(
            recipe, tmp_path / "run", TrainOptions(recipe_folder=pairs_file.parent, quiet=True, initial_run=trained_run)
        )
