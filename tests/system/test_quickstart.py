"""The whole journey, with a model too small and too briefly trained to be any good."""

import pytest

from seq2edge.cli.main import main

SMALL = [
    "model.units=32",
    "model.embedding=16",
    "training.epochs=1",
    "tokenizer.samples=1",
    "training.score_sentences=5",
]


@pytest.mark.slow
def test_from_the_bundled_corpus_to_a_bundle_that_talks(tmp_path, capsys):
    settings = [word for setting in SMALL for word in ("--set", setting)]
    folders = ["--runs", str(tmp_path / "runs"), "--bundles", str(tmp_path / "bundles")]
    assert main(["quickstart", "--quiet", *settings, *folders]) == 0
    out = capsys.readouterr().out
    assert "nearest neighbour" in out
    assert "Hangul" in out
    assert "verified on LiteRT" in out
    bundle = tmp_path / "bundles" / "quickstart-int8"
    assert sum(path.stat().st_size for path in bundle.iterdir()) < 4_000_000
    assert main(["run", str(bundle), "안녕", "hello"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
