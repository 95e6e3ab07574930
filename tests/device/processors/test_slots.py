"""Numbers, paths and placeholders pass through slots."""

import numpy as np
import pytest

from seq2edge.device.bundle import read_bundle
from seq2edge.device.processors.slots import Slots
from seq2edge.device.processors.text import TextProcessor
from seq2edge.device.runners.seq2seq import Seq2SeqRunner
from seq2edge.device.search.model import SequenceModel, StepOutput, Vocabulary
from seq2edge.device.shipped_bundle import SHIPPED
from seq2edge.device.special_ids import EOS
from seq2edge.device.target_tokenizer import TargetTokenizer
from seq2edge.device.tasks import TASKS
from seq2edge.device.tokenizer_files import load_tokenizer
from seq2edge.pipeline.data.tokenizer import train_tokenizer
from seq2edge.pipeline.recipe_schema.recipe import Tokenizer

SENTENCES = ["warte auf Port", "wait on port", "copy {name} to /tmp/x", "kopiere {name} nach /tmp/x"] * 3


@pytest.mark.parametrize(
    ("source", "marked"),
    [
        ("포트 8080에서 10초", "포트 ⟦1⟧8080에서 ⟦2⟧10초"),
        ("copy {name} to a/b, then a/b to C:\\x", "copy ⟦1⟧{name} to ⟦2⟧a/b, then ⟦2⟧a/b to ⟦3⟧C:\\x"),
        ("1 2 3 4 2", "⟦1⟧1 ⟦2⟧2 ⟦3⟧3 4 ⟦2⟧2"),
        ("no item", "no item"),
        ("⟦1⟧ and 5", "⟦1⟧ and 5"),
    ],
)
def test_each_item_of_a_source_is_marked_with_its_slot(source, marked):
    assert Slots(3).mark(source) == marked
    assert Slots(0).mark(source) == source


@pytest.mark.parametrize(
    ("source", "target", "masked"),
    [
        ("10 of 12", "12 und 10", "⟦2⟧ und ⟦1⟧"),
        ("10 of 12", "10, 120", "⟦1⟧, 120"),
        ("⟦1⟧ 10", "10", "10"),
    ],
)
def test_items_of_a_target_are_replaced_and_filled_in_again(source, target, masked):
    assert Slots(3).mask(source, target) == masked
    assert Slots(3).fill(source, masked) == target
    assert Slots(0).mask(source, target) == target


def test_a_slot_of_no_item_vanishes_and_a_bracket_of_the_source_stays():
    assert Slots(3).fill("10", "⟦1⟧ ⟦2⟧") == "10 "
    assert Slots(3).fill("⟦2⟧ 10", "⟦2⟧") == "⟦2⟧"
    assert Slots(0).fill("10", "⟦1⟧") == "⟦1⟧"


class Slots21(SequenceModel):
    """A model that writes the second slot, then the first."""

    mutable, max_batch_size = (True,), 4

    def __init__(self, tokenizer):
        self.ids = np.array([*tokenizer.encode("⟦2⟧ ⟦1⟧"), EOS])
        self.vocabulary = tokenizer.get_piece_size()

    def encode(self, sources, vocabulary=Vocabulary.FULL):
        self.longest = max(len(source["source_ids"]) for source in sources)
        return np.zeros((len(sources), 1)), [np.zeros(len(sources), int)]

    def step(self, token_ids, memory, sentence, states):
        (position,) = states
        logits = np.eye(self.vocabulary, dtype=np.float32)[self.ids[np.minimum(position, len(self.ids) - 1)]] * 50
        return StepOutput(logits, [position + 1], np.ones((len(position), self.longest)))


@pytest.fixture(scope="module")
def tokenizer_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.model"
    path.write_bytes(train_tokenizer(SENTENCES, Tokenizer(vocabulary=288, slots=3), "joint"))
    return path


@pytest.fixture
def runner(tokenizer_file):
    shipped, tokenizer = read_bundle(SHIPPED), load_tokenizer(tokenizer_file)
    manifest = shipped.with_manifest(task="translation", fallback=None, files={}).manifest
    processor = TextProcessor(tokenizer, "NFC", 40, TASKS["translation"], Slots(3))
    return Seq2SeqRunner(manifest, Slots21(tokenizer), processor, TargetTokenizer(tokenizer_file, "NFC"))


def test_a_slot_is_one_token(tokenizer_file):
    tokenizer = load_tokenizer(tokenizer_file)
    assert tokenizer.encode("x⟦3⟧12", out_type=str).count("⟦3⟧") == 1


def test_answers_streams_and_tokens_are_filled_in(runner):
    source = "wait on port 8080 for 7.5 s\nwait 1 or 2"
    result = runner.run(source, beam=2, n_best=2)
    assert result.text == "7.5 8080\n2 1"
    assert result.alternatives[0][0] == result.text
    assert "7.5" in "".join(result.parts[0].target_tokens)
    assert list(runner.stream(source))[-1] == result.text
    assert "⟦1⟧" in "".join(result.parts[0].source_tokens)
    assert runner.processor.describe(runner.processor(source)) == source.replace("\n", " ")


def test_an_item_of_the_source_can_be_required_banned_or_the_prefix(runner):
    first, second = "wait 80 or 90", "wait 90 or 70"
    required = dict(runner.run_each([first, second], beam=5, required=["80"]))
    assert required[0].text == "90 80"
    assert "80" in required[1].text  # no item of this source, so its characters are written
    assert not required[0].missing
    assert not required[1].missing
    assert "90" not in runner.run(first, beam=2, banned=["90"]).text
    assert list(runner.stream(first, prefix="80"))[-1].startswith("80")
    assert runner.inspect(first, beam=5, required=["80"]).result.text == "90 80"


@pytest.mark.parametrize("beam", [1, 5])
def test_all_items_of_a_source_are_written_once(runner, beam):
    runner.model.ids = np.array(
        [*runner.tokenizer.encode("⟦2⟧ ⟦2⟧"), EOS]
    )  # forgets the first item, repeats the second
    source = "wait 80 or 90"
    assert runner.run(source, beam=beam).text == "90 90"
    answer = runner.run(source, beam=beam, all_items=True).text
    assert (answer.count("80"), answer.count("90")) == (1, 1)
    assert list(runner.stream(source, all_items=True))[-1].count("80") == 1
    assert runner.run("wait 80 or 90 or 90", beam=beam, all_items=True).text.count("90") == 2


def test_all_items_and_a_prefix_work_together(runner):
    runner.model.ids = np.array([EOS])
    assert runner.run("wait 80 or 90", beam=5, prefix="copy", all_items=True).text.startswith("copy")


def test_a_banned_item_is_not_forced(runner):
    runner.model.ids = np.array([*runner.tokenizer.encode("⟦2⟧"), EOS])
    result = runner.run("wait 80 or 90", beam=2, banned=["80"], all_items=True)
    assert (result.text.strip(), result.missing) == ("90", ("80",))


def test_items_without_room_are_reported_as_missing(runner):
    assert runner.run("wait 80 or 80", beam=5, all_items=True, max_length=1).missing == ()
    (missing,) = runner.run("wait 80 or 90", beam=5, all_items=True, max_length=1).missing
    assert missing in ("80", "90")


def test_a_slot_without_an_item_is_not_written(runner):
    runner.model.ids = np.array([*runner.tokenizer.encode("⟦3⟧ ⟦1⟧"), EOS])
    found = runner.run("wait 80", beam=2, all_items=True)
    assert found.text.count("80") == 1
    assert runner.processor.slots_of("wait 80") == {"⟦1⟧": ["80"], "⟦2⟧": [], "⟦3⟧": []}
    assert runner.run("wait", all_items=True).text == runner.run("wait").text  # no items, no constraint


@pytest.mark.parametrize("text", ["a" * 20_000, "a." * 10_000, "/" * 20_000, "/:" * 10_000, "{" * 20_000])
def test_a_long_text_without_an_item_is_read_at_once(text):
    assert Slots(3).mark(text) == text
