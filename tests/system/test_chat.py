"""A chat with memory of the previous reply and a fallback, from pairs to bundle."""

import json

import pytest

from seq2edge.device.conversation import Conversation
from seq2edge.device.runners.load import load_runner
from seq2edge.device.special_ids import UNKNOWN
from seq2edge.export.bundle import export_bundle
from seq2edge.pipeline.families.keras_decoding import KerasSequenceModel
from seq2edge.pipeline.recipe_schema.load import load_recipe
from seq2edge.pipeline.run import Run
from seq2edge.pipeline.training.options import TrainOptions
from seq2edge.pipeline.training.trainer import train

pytestmark = pytest.mark.slow

ANIMALS = ["cat", "dog", "fish", "bird", "horse", "sheep"]
WORDS = ["my {}", "a {} please", "tell me of the {}", "the {} again", "one {} here", "is there a {}", "{} {}", "oh {}"]
OTHER = ["parking fine", "tax form", "bus stop", "new shoes", "printer ink", "window pane", "door key", "blue paint"]
NOTHING = "Why what?"
RECIPE = """
name = "pets"
task = "chat"

[data]
valid = 0.15
test = 0

[[data.files]]
path = "pairs.jsonl"
source = "say"
target = "reply"

[[data.files]]
path = "train.jsonl"
source = "say"
target = "reply"
split = "train"

[tokenizer]
joint = false
model_type = "char"
vocabulary = 400
target_vocabulary = 320

[model]
encoder = {kind = "ngrams", longest = 3, rows = 997}
decoder = "gru"
units = 64
embedding = 32
dropout = 0.0
source_length = 64
target_length = 24

[training]
pretrain_epochs = 20
epochs = 40
batch_size = 16
learning_rate = 0.01
warmup_steps = 10
label_smoothing = 0.0
score_sentences = 0
patience = 40
tensorboard = false

[decoding.fallback]
share = 0.01

[decoding.fallback.replies]
en = "Pardon?"

[[decoding.follow_ups]]
path = "why.tsv"
replies = ["Why what?"]
"""


def reply(animal):
    return f"I like the {animal}."


@pytest.fixture(scope="module")
def folder(made_once):
    def fill(folder):
        folder.mkdir()
        pairs = [(words.format(animal, animal), reply(animal)) for animal in ANIMALS for words in WORDS]
        pairs += [
            (f"why {word}", NOTHING) for word in ("", "is that", "so", "please", "though", "then", "oh", "do you")
        ]
        after = ("", "now", "here", "lost", "for us")
        unknown = [(f"{words} {more}", UNKNOWN) for words in OTHER for more in after]
        for name, rows in (("pairs", pairs), ("train", unknown)):
            lines = [json.dumps({"say": say, "reply": said}) for say, said in rows]
            (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        why = "".join(f"{reply(animal)}\tThe {animal} is kind.\n" for animal in ANIMALS)
        (folder / "why.tsv").write_text(why, encoding="utf-8")
        (folder / "pets.toml").write_text(RECIPE, encoding="utf-8")
        run = train(load_recipe(folder / "pets.toml"), folder / "run", TrainOptions(recipe_folder=folder, quiet=True))
        export_bundle(run, folder / "bundle", tell=lambda line: None)

    return made_once("pets", fill, copied=False)


@pytest.fixture(scope="module")
def bot(folder):
    return load_runner(folder / "bundle")


def test_a_follow_up_is_answered_according_to_the_previous_reply(bot):
    for animal in ANIMALS:
        chat = Conversation(bot, previous=reply(animal))
        assert chat("why is that").text == chat.previous == f"The {animal} is kind."
    assert bot("why is that").alternatives[0][0] == NOTHING


def test_unknown_messages_get_the_fallback(bot):
    assert all(bot(f"{words} today").text == "Pardon?" for words in OTHER)
    known = min(bot(f"my {animal}").score for animal in ANIMALS)
    assert max(bot(f"{words} today").score for words in OTHER) < known - 0.3


def test_unk_lowers_the_score_in_every_kind_of_search(bot, folder):
    text, keras = "tax form today", KerasSequenceModel(Run.open(folder / "run").model())
    greedy = bot.run(text)
    every_logit = bot.run(text, no_repeat_ngram=9)  # looks at all tokens
    beam = bot.run(text, beam=5, n_best=5)
    assert every_logit.score == pytest.approx(greedy.score, abs=1e-3)
    assert beam.score == pytest.approx(greedy.score, abs=0.5)
    assert keras.unknown
    assert greedy.score < bot.run("my cat").score - 0.5
    assert UNKNOWN not in {alternative for alternative, _ in beam.alternatives}


def test_attention_covers_the_characters_of_the_message(bot):
    (part,) = bot.run("my cat").parts
    assert part.attention.shape == (len(part.target_tokens), len(part.source_tokens))
    assert "c" in part.source_tokens
