"""Describes a bundle for people: its README.md, and a summary in one line."""

from typing import Any

from seq2edge.device.bundle import MODEL, Bundle
from seq2edge.device.manifests.common import Manifest
from seq2edge.device.tasks import TASKS
from seq2edge.pipeline.evaluation.metrics.registry import METRICS, basic_metrics

SUMMARISED = 2  # number of metrics in a summary


def card(bundle: Bundle[Manifest]) -> str:
    """Return the README.md of a bundle."""
    manifest, scores = bundle.manifest, bundle.manifest.scores
    signatures = ", ".join(f"`{name}`" for name in manifest.signatures)
    search = f", {scores['search']} search" if scores["search"] else ""
    facts = "\n".join(f"- {label}: {text}" for label, text in manifest.facts())
    return f"""# {manifest.name}

A {manifest.task} model made with {manifest.created_with}: {megabytes(bundle):.1f} MB, quantization
{manifest.quantization}. It runs with numpy, sentencepiece and LiteRT or tflite-runtime, without TensorFlow.

```
pip install 'seq2edge[device]'
seq2edge run . "…"
```

{facts}

## Scores on {scores["test_sentences"]} test sentences{search}

{_score_table(manifest)}

{scores["agreement_with_keras"]["identical"]} % of the outputs are identical to those of Keras.
{_metric_signatures(scores["bundle"]["signatures"])}
## Files

`bundle.json` describes the bundle. `{MODEL}` has the signatures {signatures}.
`vectors.json` has test vectors for checking a port of the runner.

Licence of the training data: {manifest.licence}
"""


def summary(bundle: Bundle[Manifest]) -> str:
    """Return one line with size, scores and agreement."""
    scores, task = bundle.manifest.scores, bundle.manifest.task
    keys = _metrics(task)[:SUMMARISED]
    names = [METRICS[key].label.removesuffix(" %") for key in keys]
    values, keras = ([_with_unit(key, scores[system][key]) for key in keys] for system in ("bundle", "keras"))
    return (
        f"{bundle.path}: {megabytes(bundle):.2f} MB, {', '.join(map(' '.join, zip(names, values, strict=True)))} "
        f"(Keras {', '.join(keras)}), {scores['agreement_with_keras']['identical']} % identical outputs"
    )


def megabytes(bundle: Bundle[Manifest]) -> float:
    """Return the size of the model file in megabytes."""
    return bundle.manifest.files[MODEL]["bytes"] / 1e6


def scored_systems(scores: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the scores by metric of each system: "keras", "bundle", and other ways to run the bundle."""
    return {name: values for name, values in scores.items() if isinstance(values, dict) and "sentences" in values}


def _metrics(task: str) -> list[str]:
    """Return the keys of the metrics in the scores, the main one first."""
    return list(dict.fromkeys((TASKS[task].main_metric, *basic_metrics(task))))


def _with_unit(key: str, value: float) -> str:
    return f"{value} %" if METRICS[key].label.endswith("%") else str(value)


def _score_table(manifest: Manifest) -> str:
    """Return a table with a row for each system that was scored."""
    names = {"keras": "Keras, float32", "bundle": f"this file, {manifest.quantization}"}
    keys = _metrics(manifest.task)
    rows = [["system", *(METRICS[key].label for key in keys)], ["---"] * (1 + len(keys))]
    rows += [
        [names.get(name, f"this file with its {name}"), *(str(values[key]) for key in keys)]
        for name, values in scored_systems(manifest.scores).items()
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _metric_signatures(signatures: list[str]) -> str:
    """Format sacrebleu's signatures, if it computed the scores."""
    return "".join(f"sacrebleu signature: `{signature}`\n" for signature in signatures)
