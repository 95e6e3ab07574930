"""Settings of the parts."""

from typing import Any

# tf/nmt's tutorial: two layers of 512 units, a bidirectional encoder, dropout 0.2, and the vocabularies of its data.
# Its encoder is one layer with 512 units in each direction; ours is two layers with 256 units in each direction.
NMT: dict[str, Any] = {
    "source_vocabulary": 17_191,
    "target_vocabulary": 7_709,
    "units": 512,
    "embedding": 512,
    "encoder": {"layers": 2},
    "decoder": {"layers": 2, "attention": "general", "input_feeding": True},
    "tie_embeddings": False,
    "dropout": 0.2,
}
SPEED: dict[str, Any] = {
    "model": NMT,
    "longest": 50,  # largest number of words of a source or target, as in the tutorial
    "pairs": 20_000,
    "seconds": 3.0,  # time to measure each variant
    "square": 8192,  # rows and columns of the matrices whose product measures the peak
    # Variants with a batch size of 128 can be compared with published numbers. They are compiled and measured in this
    # order.
    "variants": [
        {"precision": "mixed_bfloat16", "unroll": 1, "batch": 128},
        {"precision": "float32", "unroll": 1, "batch": 128},
        {"precision": "mixed_bfloat16", "unroll": 8, "batch": 128},
        {"precision": "float32", "unroll": 8, "batch": 128},
        {"precision": "mixed_bfloat16", "unroll": 4, "batch": 128},
        {"precision": "mixed_bfloat16", "unroll": 16, "batch": 128},
        {"precision": "mixed_bfloat16", "unroll": 4, "batch": 512},
        {"precision": "float32", "unroll": 4, "batch": 512},
    ],
}
TINY_SPEED: dict[str, Any] = {
    "model": {
        **NMT,
        "source_vocabulary": 60,
        "target_vocabulary": 50,
        "units": 16,
        "embedding": 16,
        "encoder": {"layers": 1},
        "decoder": {**NMT["decoder"], "layers": 1},
    },
    "longest": 8,
    "pairs": 16,
    "seconds": 0.1,
    "square": 64,
    "variants": [{"precision": "mixed_bfloat16", "unroll": 2, "batch": 8}],
}

# Overrides of the recipe multi30k-hybrid, by part.
SHARED = [
    "training.epochs=1",
    "training.steps_per_epoch=8000",
    "training.batch_tokens=8192",
    "training.buckets=4",  # each bucket is a shape to compile
    "training.score_sentences=400",
]
RECIPES_OF_PARTS = {
    # Wu et al. 2021 train on two GPUs with 4,096 tokens each; here one batch has 8,192. Their model normalises after
    # each sublayer and reads lower-case tokens. Ours normalises before it, with 6,000 tokens and eight encodings of
    # each source.
    "transformer": [
        *SHARED,
        'name="transformer-tiny"',
        "model.units=128",
        "model.embedding=128",
        'model.encoder={kind="transformer", layers=4, feed_forward=256}',
        'model.decoder={kind="transformer", layers=4, feed_forward=256}',
        "training.learning_rate=0.005",
        "training.warmup_steps=2000",
        'training.schedule="inverse_sqrt"',
        "training.ema=0",
    ],
    "hybrid": [*SHARED, "training.learning_rate=0.003"],
}
TINY_SHARED = [
    'data.files=[{path="bundled:smalltalk"}]',
    "tokenizer.vocabulary=2000",
    "tokenizer.samples=1",
    "model.units=16",
    "model.embedding=16",
    "model.source_length=16",
    "model.target_length=16",
    "model.decoder.layers=1",
    "model.decoder.feed_forward=16",
    "training.steps_per_epoch=16",
    "training.batch_tokens=2048",
    "training.buckets=1",
    "training.score_sentences=4",
]
TINY = {
    "transformer": [*TINY_SHARED, "model.encoder.layers=1", "model.encoder.feed_forward=16"],
    "hybrid": TINY_SHARED,
}
