import json
import subprocess
import sys

import pytest

from seq2edge.export.saved_model import export_saved_model, verify_saved_model
from seq2edge.pipeline.training.options import TrainOptions
from seq2edge.pipeline.training.trainer import train

ASK = """
import json, sys
import tensorflow as tf
import tensorflow_text
answer = tf.saved_model.load(sys.argv[1]).signatures["beam"](text=tf.constant(["the red stone is here"]))
alternatives = [text.decode() for text in answer["alternatives"][0].numpy()]
print(json.dumps([answer["text"][0].numpy().decode(), alternatives, [m for m in sys.modules if "seq2edge" in m]]))
"""


@pytest.mark.slow
def test_the_saved_model_answers_text_with_text_as_keras_does(trained_run, tmp_path):
    path = export_saved_model(trained_run, tmp_path / "tiny.saved_model")
    assert verify_saved_model(trained_run, path) == {"serving_default": 100, "beam": 100}

    answer = subprocess.run([sys.executable, "-c", ASK, path], capture_output=True, text=True, check=True).stdout
    text, alternatives, ours = json.loads(answer.splitlines()[-1])
    assert text == alternatives[0]
    assert len(set(alternatives)) == 5
    assert ours == []  # modules of this project in the process


@pytest.mark.slow
def test_saved_model_keeps_both_tokenizers_apart(tiny_recipe, pairs_file, tmp_path):
    settings = ["tokenizer.joint=false", "tokenizer.vocabulary=320", "tokenizer.target_vocabulary=300"]
    recipe = tiny_recipe(epochs=5, settings=[*settings, "tokenizer.fold_case=true"])
    run = train(recipe, tmp_path / "run", TrainOptions(recipe_folder=pairs_file.parent, quiet=True))
    path = export_saved_model(run, tmp_path / "apart.saved_model")
    assert verify_saved_model(run, path) == {"serving_default": 100, "beam": 100}
    upper, lower = map(run.data.processor(recipe), ("The RED stone", "the red stone"))
    assert upper["source_ids"].tolist() == lower["source_ids"].tolist()
