"""The page of a bundle that a person reads."""

from seq2edge.device.bundle import MODEL, Bundle


def card(bundle: Bundle) -> str:
    """README.md of a bundle."""
    scores, megabytes = bundle.scores, bundle.files[MODEL]["bytes"] / 1e6
    rows = "\n".join(
        f"| {name} | {values['bleu']} | {values['chrf']} | {values['exact_match']} |"
        for name, values in (
            ("Keras, float32", scores["keras"]),
            (f"this file, {bundle.quantization}", scores["bundle"]),
            ("the same with its shortlist", scores.get("shortlist")),
        )
        if values
    )
    fallback = (
        ""
        if bundle.fallback is None
        else f"\nIt says so when it is unsure (score under {bundle.fallback.threshold}).\n"
    )
    return f"""# {bundle.name}

A {bundle.task} model made with {bundle.created_with}: {megabytes:.1f} MB, quantization {bundle.quantization}.
It runs with numpy, sentencepiece and LiteRT or tflite-runtime, and needs no TensorFlow.

```
pip install 'seq2edge[device]'
seq2edge run . "…"
```

## Measured on {scores["test_sentences"]} test sentences, greedy

| | BLEU | chrF | exact match % |
|---|---|---|---|
{rows}

{scores["agreement_with_keras"]["identical"]} % of the outputs are identical to Keras'.
BLEU signature: `{scores["bundle"]["signatures"][0]}`
{fallback}
## Files

`bundle.json` says what is in it; `{MODEL}` holds the signatures {", ".join(f"`{name}`" for name in bundle.signatures)};
`vectors.json` holds test vectors with which a port can prove itself.
Sources have at most {bundle.source_length} tokens, targets {bundle.target_length}. Text is normalised to
{bundle.normalisation}.

Licence of the data it was trained on: {bundle.licence}
"""
