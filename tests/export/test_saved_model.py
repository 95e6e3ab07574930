import json
import subprocess
import sys
from pathlib import Path

import pytest

from seq2edge.device.processors.text import TextProcessor
from seq2edge.device.target_tokenizer import TargetTokenizer
from seq2edge.device.tasks import TASKS
from seq2edge.device.tokenizer_files import load_tokenizer
from seq2edge.export.saved_model import export_saved_model, verify_saved_model
from seq2edge.pipeline.run import Run
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
def test_the_saved_model_gives_the_answers_of_keras(trained_run, tmp_path):
    path = export_saved_model(trained_run, tmp_path / "tiny.saved_model")
    assert verify_saved_model(trained_run, path) == {"serving_default": 100, "beam": 100}

    answer = subprocess.run([sys.executable, "-c", ASK, path], capture_output=True, text=True, check=True).stdout
    text, alternatives, ours = json.loads(answer.splitlines()[-1])
    assert text == alternatives[0]
    assert len(set(alternatives)) == 5
    assert ours == []  # modules of this project in the process


@pytest.mark.slow
def test_the_example_answers_with_the_beam(trained_run, tmp_path):
    path = export_saved_model(trained_run, tmp_path / "tiny.saved_model")
    example = Path(__file__).parents[2] / "examples" / "tensorflow_serving" / "predict.py"
    answer = subprocess.run([sys.executable, example, path, "the red stone is here"], capture_output=True, check=True)
    assert b"stone red" in answer.stdout


@pytest.mark.slow
def test_the_saved_model_of_an_ensemble_gives_the_answers_of_keras(ensemble_run, tmp_path):
    path = export_saved_model(ensemble_run, tmp_path / "ensemble.saved_model")
    assert verify_saved_model(ensemble_run, path) == {"serving_default": 100, "beam": 100}


@pytest.mark.slow
def test_the_saved_model_uses_a_tokenizer_for_each_side(tiny_recipe, pairs_file, tmp_path):
    settings = ["tokenizer.joint=false", "tokenizer.vocabulary=320", "tokenizer.target_vocabulary=300"]
    recipe = tiny_recipe(epochs=5, settings=[*settings, "tokenizer.fold_case=true"])
    run = train(recipe, tmp_path / "run", TrainOptions(recipe_folder=pairs_file.parent, quiet=True))
    path = export_saved_model(run, tmp_path / "apart.saved_model")
    assert verify_saved_model(run, path) == {"serving_default": 100, "beam": 100}
    upper, lower = map(run.data.processor(recipe), ("The RED stone", "the red stone"))
    assert upper["source_ids"].tolist() == lower["source_ids"].tolist()


TEXTS = [
    *("say hello", "  a\t\tb \n\n  c  ", "\r\n", "a\rb", "a\u200bb\ufeff", "e\u0301", "\u1112\u1161\u11ab", "ＡＢＣ"),
    *("a\u2581b \u2581", "\x1aA", "a\x00b", "\x85\u2028", "🙂 日本", "def f(x):\n\treturn x  \n\n"),
]


@pytest.mark.slow
@pytest.mark.parametrize("normalisations", [("none", "none"), ("NFC", "none"), ("NFKC", "NFC")])
def test_the_graph_encodes_and_decodes_as_the_device_does(code_folder, normalisations):
    import tensorflow as tf

    from seq2edge.export.text_codec import GraphTextDecoder, GraphTextEncoder

    path = code_folder / "run" / "data" / "target.model"
    kept = path.read_bytes()
    processor = TextProcessor(load_tokenizer(path), normalisations[0], 500, TASKS["code"])
    tokenizer = TargetTokenizer(path, normalisations[1])
    found = GraphTextEncoder(kept, normalisations[0], 500).encode(tf.constant(TEXTS))
    assert [list(filter(None, ids)) for ids in found.numpy().tolist()] == [
        processor(text)["source_ids"].tolist() for text in TEXTS
    ]
    decoded = [text.decode() for text in GraphTextDecoder(kept).decode(found).numpy()]
    assert decoded == [tokenizer.decode(processor(text)["source_ids"]) for text in TEXTS]
    assert (decoded == TEXTS) == (normalisations[0] == "none")


@pytest.mark.slow
def test_the_saved_model_does_not_change_code(code_folder, tmp_path):
    import tensorflow as tf

    run = Run.open(code_folder / "run")
    path = export_saved_model(run, tmp_path / "code.saved_model")
    assert verify_saved_model(run, path) == {"serving_default": 100, "beam": 100}
    pairs = list(run.data.texts("train"))
    answers = tf.saved_model.load(str(path)).signatures["serving_default"](
        text=tf.constant([f" {pair.source}\n" for pair in pairs])
    )["text"]
    hits = [answer == pair.target.encode() for answer, pair in zip(answers.numpy(), pairs, strict=True)]
    assert sum(hits) > 0.8 * len(pairs)
