"""A bundle described for people: its README.md, and one line."""

from seq2edge.device.bundle import MODEL, Bundle


def card(bundle: Bundle) -> str:
    """README.md of a bundle."""
    scores = bundle.scores
    fallback = (
        ""
        if bundle.fallback is None
        else f"\nIf a reply scores below {bundle.fallback.threshold}, a fallback line replaces it.\n"
    )
    return f"""# {bundle.name}

A {bundle.task} model made with {bundle.created_with}: {megabytes(bundle):.1f} MB, quantization {bundle.quantization}.
It runs with numpy, sentencepiece and LiteRT or tflite-runtime, without TensorFlow.

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

`bundle.json` describes the bundle. `{MODEL}` has the signatures {", ".join(f"`{name}`" for name in bundle.signatures)}.
`vectors.json` holds test vectors to check a port of the runner with.
A source has at most {bundle.source_length} tokens, a target {bundle.target_length}. {_normalisation(bundle)}

Licence of the training data: {bundle.licence}
"""


def summary(bundle: Bundle) -> str:
    """One line with size, scores and agreement."""
    scores = bundle.scores
    return (
        f"{bundle.path}: {megabytes(bundle):.2f} MB, "
        f"exact match {scores['bundle']['exact_match']} %, BLEU {scores['bundle']['bleu']} "
        f"(Keras {scores['keras']['exact_match']} %, {scores['keras']['bleu']}), "
        f"{scores['agreement_with_keras']['identical']} % identical outputs"
    )


def megabytes(bundle: Bundle) -> float:
    """Size of the model file."""
    return bundle.files[MODEL]["bytes"] / 1e6


def _normalisation(bundle: Bundle) -> str:
    """What happens to the text of each side before it becomes tokens."""
    sides = zip(("Sources", "Targets"), bundle.normalisations, strict=True)
    return " ".join(
        f"{side} are kept as they are." if form == "none" else f"{side} are normalised to {form}."
        for side, form in sides
    )


def _score_rows(bundle: Bundle) -> str:
    scored = (
        ("Keras, float32", bundle.scores["keras"]),
        (f"this file, {bundle.quantization}", bundle.scores["bundle"]),
        ("this file with its shortlist", bundle.scores.get("shortlist")),
    )
    return "\n".join(
        f"| {name} | {values['bleu']} | {values['chrf']} | {values['exact_match']} |"
        for name, values in scored
        if values
    )
