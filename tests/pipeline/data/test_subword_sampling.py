import subprocess
import sys
from collections import Counter

import pytest
import sentencepiece

from seq2edge.pipeline.data.corpus import corpus_pairs
from seq2edge.pipeline.data.subword_sampling import ALPHA, Sampler
from seq2edge.pipeline.data.tokenizer import train_tokenizer
from seq2edge.pipeline.recipe_schema.recipe import Tokenizer

TEXTS = sorted({pair.source for pair in corpus_pairs()})[::8]
TEXT = "안녕 little robot, how are you"
IN_A_NEW_PROCESS = """
import sys, sentencepiece
from seq2edge.pipeline.data.subword_sampling import Sampler
processor = sentencepiece.SentencePieceProcessor(model_file=sys.argv[1])
print(list(Sampler(processor, True, 7).draw("안녕 little robot", 7)))
"""


@pytest.fixture(scope="module")
def model():
    return train_tokenizer(TEXTS, Tokenizer(vocabulary=2500), "joint")


@pytest.fixture(scope="module")
def processor(model):
    return sentencepiece.SentencePieceProcessor(model_proto=model)


def test_all_samples_spell_the_same_text(processor):
    for text in (TEXT, "처음 보는 龘 글자 🙂", "a"):
        found = list(Sampler(processor, True, 1).draw(text, 12))
        assert len(found) == 12
        assert {processor.decode(ids) for ids in found} == {text}
        assert all(min(ids) > 3 for ids in found)
    assert len({tuple(ids) for ids in Sampler(processor, True, 1).draw(TEXT, 30)}) > 5
    assert list(Sampler(processor, True, 1).draw(TEXT, 0)) == []


def test_tokens_to_keep_are_the_same_as_in_the_most_probable_encoding(processor):
    text = "안녕 龘 robot 🙂, how are you robot"
    best = processor.encode(text, out_type=str)
    assert best.count("▁robot") == 2
    found = list(Sampler(processor, True, 1).draw(text, 12, {"▁robot", "▁how"}))
    assert {processor.decode(ids) for ids in found} == {text}
    assert len({tuple(ids) for ids in found}) > 5
    for ids in found:
        tokens = processor.id_to_piece(ids)
        assert [token for token in tokens if token in ("▁robot", "▁how")] == ["▁robot", "▁how", "▁robot"]
    assert set(map(tuple, Sampler(processor, True, 1).draw(text, 3, set(best)))) == {tuple(processor.encode(text))}


def test_samples_depend_only_on_the_seed(model, processor, tmp_path):
    (tmp_path / "tokenizer.model").write_bytes(model)
    command = [sys.executable, "-c", IN_A_NEW_PROCESS, str(tmp_path / "tokenizer.model")]
    first, second = (subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert first == second == f"{list(Sampler(processor, True, 7).draw('안녕 little robot', 7))}\n"
    assert first != f"{list(Sampler(processor, True, 8).draw('안녕 little robot', 7))}\n"


def test_samples_are_as_frequent_as_those_of_sentencepiece(processor):
    draws, text = 4000, "robot"
    ours = Counter(tuple(ids) for ids in Sampler(processor, True, 1).draw(text, draws))
    theirs = Counter(
        tuple(processor.encode(text, enable_sampling=True, alpha=ALPHA, nbest_size=-1)) for _ in range(draws)
    )
    for cut in {cut for cut, _ in [*ours.most_common(5), *theirs.most_common(5)]}:
        assert abs(ours[cut] - theirs[cut]) < 0.06 * draws, processor.id_to_piece(list(cut))


def test_samples_fold_case_if_the_model_does():
    model = train_tokenizer(TEXTS, Tokenizer(vocabulary=2500, joint=False, fold_case=True), "source")
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    found = Sampler(processor, True, 1).draw("Hello THERE", 12)
    assert {processor.decode(ids) for ids in found} == {"hello there"}


def test_a_bpe_model_can_be_sampled():
    model = train_tokenizer(TEXTS, Tokenizer(vocabulary=2500, model_type="bpe"), "joint")
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    found = list(Sampler(processor, False, 1).draw(TEXT, 12))
    assert {processor.decode(ids) for ids in found} == {TEXT}
