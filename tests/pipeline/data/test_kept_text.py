import json
import random
import unicodedata

import numpy as np
import pytest
import sentencepiece

from seq2edge.device.errors import UserError
from seq2edge.device.processors.text import TextProcessor
from seq2edge.device.target_tokenizer import TargetTokenizer
from seq2edge.device.tasks import TASKS
from seq2edge.pipeline.data.kept_text import keeps_text
from seq2edge.pipeline.data.prepare import PrepareOptions, prepare
from seq2edge.pipeline.data.subword_sampling import Sampler
from seq2edge.pipeline.data.tokenizer import train_tokenizer
from seq2edge.pipeline.recipe_schema.recipe import Tokenizer

FUNCTION = 'def greet(name):\n\tif not name:\n\n        return "안녕, 🙂"  \n    return f"hello {name}"\n\n'
TEXTS = [FUNCTION.replace("name", name) for name in ("name", "who", "person", "other")] * 3
KEPT = [
    *(" ", "   ", "\n", " \n", "\t\t", "\r\n", "a\rb", "\f", "\v", "\x85", "\u2028", "\u3000x\u00a0y"),
    *("a\x00b", "\x00", "\x1b[0m", "\x7f", "\ue000", "\ufeffa", "\u200ba\u00ad", unicodedata.normalize("NFD", "안녕é")),
    *(
        "\u2581",
        " \u2581 ",
        "a\u2581b",
        "\u2581_x",
        "\u2585",
        "\x1a",
        "\x1aA",
        "\x1aB",
        "\x1a\x1a\u2581A",
        "\u2581A\x1aB",
    ),
    *("<s>", "</s>", "<unk>", "<pad>", "<0x0A>", " \u2047 ", "🙂👩‍👩‍👧"),
    *("  leading", "trailing  ", "\n\n\n", FUNCTION),
]


@pytest.fixture(scope="module", params=["unigram", "bpe"])
def model_type(request):
    return request.param


@pytest.fixture(scope="module")
def model(model_type):
    return train_tokenizer(TEXTS, Tokenizer(vocabulary=300, model_type=model_type), "joint", kept=True)


@pytest.fixture(scope="module")
def processor(model):
    return sentencepiece.SentencePieceProcessor(model_proto=model)


@pytest.mark.parametrize("text", KEPT, ids=ascii)
def test_ids_decode_to_the_same_characters(processor, text):
    ids = processor.encode(text)
    assert min(ids) > 3
    assert processor.decode(ids) == text


def test_any_mixture_of_characters_survives_encoding(processor):
    draw = random.Random(0)
    characters = [*" \t\n\r\x00\x1aAB\u2581e\u0301", "안", "🙂", "return"]
    for _ in range(300):
        text = "".join(draw.choices(characters, k=draw.randrange(1, 12)))
        assert processor.decode(processor.encode(text)) == text


def test_line_feed_tab_and_indentation_are_tokens(processor):
    tokens = processor.encode("\n\t\n        return", out_type=str)
    assert tokens[:3] == ["\n", "\t", "\n"]
    assert "".join(tokens[3:]) == "▁" * 8 + "return"
    assert len(tokens) < 3 + 8


def test_sampled_encodings_keep_the_text(model_type, processor):
    for text in (FUNCTION, "a\u2581b\x1a\n "):
        found = list(Sampler(processor, model_type == "unigram", 1).draw(text, 8))
        assert {processor.decode(ids) for ids in found} == {text}


def test_the_model_file_is_reproducible_and_contains_no_path():
    settings = Tokenizer(vocabulary=300)
    first, second = (train_tokenizer(TEXTS, settings, "joint", kept=True) for _ in range(2))
    assert first == second
    assert b"/tmp" not in first


def test_a_tokenizer_for_prose_changes_white_space():
    model = train_tokenizer(TEXTS, Tokenizer(vocabulary=300), "joint")
    assert not keeps_text(sentencepiece.SentencePieceProcessor(model_proto=model))


@pytest.fixture
def tokenizer(model, tmp_path):
    (tmp_path / "target.model").write_bytes(model)
    return TargetTokenizer(tmp_path / "target.model", "none")


def test_control_characters_are_shown_in_tokens(processor, tokenizer):
    assert tokenizer.tokens(tokenizer.encode("\n\t")) == ["\\n", "\\t"]
    source = TextProcessor(processor, "none", 24, TASKS["code"])
    assert source.labels(source("\n\t"))[:2] == ["\\n", "\\t"]


def test_prose_and_code_can_share_a_tokenizer(processor, tokenizer):
    source = TextProcessor(processor, "NFC", 24, TASKS["code"])
    assert source.describe(source("  say\thello \n")) == "say hello"
    assert tokenizer.decode(tokenizer.encode(FUNCTION)) == FUNCTION


def test_white_space_alone_has_no_segments(processor):
    source = TextProcessor(processor, "none", 24, TASKS["code"])
    assert source.split(" \n\t\u200b") == []


@pytest.mark.parametrize("settings", [{}, {"tokenizers": ["tokenizer.vocabulary=370"]}], ids=["apart", "joint"])
def test_functions_are_read_from_a_dataset_byte_for_byte(code_recipe, code_file, tmp_path, settings):
    data = prepare(code_recipe(**settings), tmp_path, PrepareOptions(quiet=True))
    tokenizer, pairs = data.target_tokenizer(), list(data.texts("train"))
    assert len(data.train) == len(pairs)
    assert {pair.target for pair in pairs} <= {row["code"] for row in rows_of(code_file)}
    for index, pair in enumerate(pairs):
        assert tokenizer.decode(data.train["target_ids"].row(index)) == pair.target
    assert pairs[0].source == " ".join(pairs[0].source.split())


def test_functions_as_sources_are_read_without_changes(code_recipe, code_file, tmp_path):
    file = f'data.files=[{{path="{code_file}", source="code", target="say"}}]'
    sides = ('data.normalisation="none"', 'data.target_normalisation="NFKC"', "tokenizer.vocabulary=370")
    settings = (file, *sides, "tokenizer.target_vocabulary=340", "model.source_length=64")
    recipe = code_recipe(*settings, "tokenizer.samples=2")
    data = prepare(recipe, tmp_path, PrepareOptions(quiet=True))
    source, pairs = data.processor(recipe), list(data.texts("train"))
    for index, pair in enumerate(pairs):
        for sample in range(2):
            assert source.describe({"source_ids": data.train["source_ids"].row(index, sample)}) == pair.source
    assert {pair.source for pair in pairs} <= {row["code"] for row in rows_of(code_file)}
    np.testing.assert_array_equal(source(pairs[0].source)["source_ids"], data.train["source_ids"].row(0))


def test_a_given_tokenizer_that_changes_text_is_refused(code_recipe, tmp_path):
    paths = tmp_path / "source.model", tmp_path / "target.model"
    for path in paths:
        path.write_bytes(train_tokenizer(TEXTS, Tokenizer(vocabulary=300), "joint"))
    with pytest.raises(UserError, match=r'target\.model: .* of the target must be "NFC" or "NFKC", got "none";'):
        prepare(code_recipe(), tmp_path / "run", PrepareOptions(tokenizers=paths, quiet=True))


def rows_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
