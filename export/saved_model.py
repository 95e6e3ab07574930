"""Exports a trained run to a SavedModel that takes text, and verifies it."""

from pathlib import Path

from seq2edge.device.native_notes import without_notes
from seq2edge.export.backend import require_tensorflow
from seq2edge.export.families.registry import family_of, require_extra
from seq2edge.export.held_out import SENTENCES, held_out_examples, share, source_features
from seq2edge.pipeline.files import refuse_existing, whole_folder
from seq2edge.pipeline.run import Run

SAVED_MODEL_FILE = "saved_model.pb"  # TensorFlow's name


def export_saved_model(run: Run, output: Path, overwrite: bool = False) -> Path:
    """Write a SavedModel with the signatures of a bundle, and signatures that take text.

    The folder appears only when it is complete.

    Raises:
        UserError: If Keras does not use TensorFlow, the run's family does not have this export, or the folder exists.
    """
    require_tensorflow()
    require_extra(run.recipe.task, "saved-model")
    refuse_existing(output, overwrite, SAVED_MODEL_FILE)
    with whole_folder(output) as new, without_notes():
        family_of(run.recipe.task).text_model(run).save(new)
    return output


def verify_saved_model(run: Run, path: Path, sentences: int = SENTENCES) -> dict[str, float]:
    """Compare each signature that takes text with Keras.

    Returns:
        The percentage of held-out sentences with the same answer, for each signature.
    """
    import tensorflow as tf

    from seq2edge.export.text_codec import load_signatures

    examples = held_out_examples(run, sentences)
    expected = family_of(run.recipe.task).text_model_answers(run, source_features(run, examples))
    sources, shares = tf.constant([example.source for example in examples]), {}
    with without_notes():  # SentencePiece writes notes when a tokenizer is loaded
        functions = load_signatures(path)
        for (signature, output), answers in expected.items():
            found = [text.decode("utf-8") for text in functions[signature](text=sources)[output].numpy()]
            shares[signature] = share([a == b for a, b in zip(answers, found, strict=True)])
    return shares
