from concurrent.futures import ThreadPoolExecutor

import pytest

from seq2edge.device.runners.load import load_runner

CALLERS, SENTENCES = 8, 10_000
WORDS = ["red", "blue", "green", "small", "large", "old", "new", "fast", "slow", "warm", "cold", "quiet"]
THINGS = ["stone", "river", "house", "garden", "window", "table", "letter", "song"]
TEXTS = [f"the {word} {thing} is here" for word in WORDS for thing in THINGS]


@pytest.mark.parametrize("interpreters", [1, 4])
def test_concurrent_callers_get_their_own_answers(bundles, interpreters):
    runner = load_runner(bundles / "int8", num_interpreters=interpreters)
    alone = {text: (runner.run(text).text, runner.run(text, beam=5).text) for text in TEXTS}
    asked = [(TEXTS[number % len(TEXTS)], 5 if number % 10 == 0 else 1) for number in range(SENTENCES // 2)]
    with ThreadPoolExecutor(CALLERS) as pool:
        answers = list(pool.map(lambda question: runner.run(question[0], beam=question[1]).text, asked))
    assert answers == [alone[text][beam > 1] for text, beam in asked]


def test_interpreters_are_created_on_demand(bundles):
    runner = load_runner(bundles / "int8", num_interpreters=3)
    for text in TEXTS[:5]:
        runner.run(text, beam=5)
    assert runner.model.file._free.queue.count(None) == 2  # a single caller at a time needs only one
