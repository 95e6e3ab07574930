"""A trained run → a SavedModel that goes from text to text, and its verification."""

from pathlib import Path

from seq2edge.export.beam import GraphBeam
from seq2edge.export.held_out import SENTENCES, best_hypotheses, held_out_examples, share, source_features
from seq2edge.export.text_model import GraphTextCodec, TextModel, load_signatures
from seq2edge.pipeline.families.keras_decoding import KerasSequenceModel
from seq2edge.pipeline.files import refuse_existing, whole_folder
from seq2edge.pipeline.run import Run


def export_saved_model(run: Run, output: Path, overwrite: bool = False) -> Path:
    """Write a SavedModel with the signatures of a bundle and two from text to text, whole or not at all.

    Raises:
        UserError: If the folder exists.
    """
    refuse_existing(output, overwrite)
    recipe = run.recipe
    source, target = (tokenizer.read_bytes() for tokenizer in run.data.tokenizers)
    codec = GraphTextCodec(source, target, recipe.data.normalisation, recipe.model.source_length)
    with whole_folder(output) as new:
        TextModel(run.model(), recipe.export.beam_sizes, GraphBeam.from_recipe(recipe), codec).save(new)
    return output


def verify_saved_model(run: Run, path: Path, sentences: int = SENTENCES) -> dict[str, float]:
    """Compare each text → text signature with Keras.

    Returns:
        For each signature the share in percent of held-out sentences with the same text.
    """
    import tensorflow as tf

    search = GraphBeam.from_recipe(run.recipe)
    tokenizer, model = run.data.target_tokenizer(), KerasSequenceModel(run.model())
    examples = held_out_examples(run, sentences)
    features = source_features(run, examples)
    functions, sources = load_signatures(path), tf.constant([example.source for example in examples])
    shares = {}
    for signature, options in (("serving_default", search.greedy_options()), ("beam", search.options())):
        found = [text.decode("utf-8") for text in functions[signature](text=sources)["text"].numpy()]
        expected = [tokenizer.decode(best.ids) for best in best_hypotheses(model, features, options)]
        shares[signature] = share([a == b for a, b in zip(expected, found, strict=True)])
    return shares
