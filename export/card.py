"""A bundle described for people: its README.md, and one line."""

from seq2edge.device.bundle import MODEL, Bundle
from seq2edge.device.manifests.seq2seq import Seq2SeqManifest


def card(bundle: Bundle[Seq2SeqManifest]) -> str:
    """README.md of a bundle."""
    manifest, scores = bundle.manifest, bundle.manifest.scores
    signatures = ", ".join(f"`{name}`" for name in manifest.signatures)
    fallback = (
        ""
        if manifest.fallback is None
        else f"\nIf a reply scores below {manifest.fallback.threshold}, a fallback line replaces it.\n"
    )
    return f"""# {manifest.name}

A {manifest.task} model made with {manifest.created_with}: {megabytes(bundle):.1f} MB, quantization
{manifest.quantization}. It runs with numpy, sentencepiece and LiteRT or tflite-runtime, without TensorFlow.

```
pip install 'seq2edge[device]'
seq2edge run . "…"
```

## Scores on {scores["test_sentences"]} test sentences, greedy search

| | BLEU | chrF++ | exact match % |
|---|---|---|---|
{_score_rows(bundle)}

{scores["agreement_with_keras"]["identical"]} % of the outputs are identical to those of Keras.
BLEU signature: `{scores["bundle"]["signatures"][0]}`
{fallback}
## Files

`bundle.json` describes the bundle. `{MODEL}` has the signatures {signatures}.
`vectors.json` holds test vectors to check a port of the runner with.
A source has at most {manifest.source_length} tokens, a target {manifest.target_length}. {_normalisation(manifest)}

Licence of the training data: {manifest.licence}
"""


def summary(bundle: Bundle[Seq2SeqManifest]) -> str:
    """One line with size, scores and agreement."""
    scores = bundle.manifest.scores
    return (
        f"{bundle.path}: {megabytes(bundle):.2f} MB, "
        f"exact match {scores['bundle']['exact_match']} %, BLEU {scores['bundle']['bleu']} "
        f"(Keras {scores['keras']['exact_match']} %, {scores['keras']['bleu']}), "
        f"{scores['agreement_with_keras']['identical']} % identical outputs"
    )


def megabytes(bundle: Bundle[Seq2SeqManifest]) -> float:
    """Size of the model file."""
    return bundle.manifest.files[MODEL]["bytes"] / 1e6


def _normalisation(manifest: Seq2SeqManifest) -> str:
    """What happens to the text of each side before it becomes tokens."""
    sides = zip(("Sources", "Targets"), manifest.normalisations, strict=True)
    return " ".join(
        f"{side} are kept as they are." if form == "none" else f"{side} are normalised to {form}."
        for side, form in sides
    )


def _score_rows(bundle: Bundle[Seq2SeqManifest]) -> str:
    manifest = bundle.manifest
    scored = (
        ("Keras, float32", manifest.scores["keras"]),
        (f"this file, {manifest.quantization}", manifest.scores["bundle"]),
        ("this file with its shortlist", manifest.scores.get("shortlist")),
    )
    return "\n".join(
        f"| {name} | {values['bleu']} | {values['chrf']} | {values['exact_match']} |"
        for name, values in scored
        if values
    )
