"""Checks that memory does not grow and that all answers are correct, with many sentences and many threads.

    python benchmarks/soak.py bundles/multi30k-en-de-int8

First decodes 100,000 sentences of all lengths one after the other, one of twenty with the bundle's beam and the others
with greedy search, and prints the memory of the process every 10,000 sentences. Then eight threads decode 10,000
sentences with four interpreters, and each answer is compared with that of a single thread.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from seq2edge.device.resources import peak_rss_megabytes
from seq2edge.device.runners.load import load_runner

SENTENCES, EVERY, AT_ONCE, CALLERS, INTERPRETERS = 100_000, 10_000, 10_000, 8, 4
CAPTION = "a man and two women stand in front of the old house with their dogs while it is snowing outside"
WORDS = CAPTION.split()
TEXTS = [" ".join(WORDS[start : start + length]) for length in range(1, 13) for start in range(0, 8, 2)]
GREEDY_OF = 20  # one of this many sentences is decoded with the bundle's beam, the others with greedy search


def beam_of(number: int, beam: int) -> int:
    return 1 if number % GREEDY_OF else beam


def main() -> None:
    path = Path(sys.argv[1])
    runner = load_runner(path)
    beam = runner.manifest.decoding["beam"]
    alone = {(text, width): runner.run(text, beam=width).text for text in TEXTS for width in {1, beam}}
    megabytes, wrong, started = [round(peak_rss_megabytes(), 1)], 0, time.perf_counter()
    for number in range(SENTENCES):
        text, width = TEXTS[number % len(TEXTS)], beam_of(number, beam)
        wrong += runner.run(text, beam=width).text != alone[text, width]
        if (number + 1) % EVERY == 0:
            megabytes.append(round(peak_rss_megabytes(), 1))
            print(f"{number + 1:,} sentences, {megabytes[-1]} MB", file=sys.stderr, flush=True)
    seconds = time.perf_counter() - started
    many = load_runner(path, num_interpreters=INTERPRETERS)
    questions = [(TEXTS[number % len(TEXTS)], beam_of(number, beam)) for number in range(AT_ONCE)]
    with ThreadPoolExecutor(CALLERS) as pool:
        answers = list(pool.map(lambda question: many.run(question[0], beam=question[1]).text, questions))
    wrong_at_once = sum(answer != alone[question] for answer, question in zip(answers, questions, strict=True))
    result = {
        "sentences": SENTENCES,
        "seconds": round(seconds),
        "wrong": wrong,
        "peak_memory_mb": megabytes,
        "at_once": AT_ONCE,
        "wrong_at_once": wrong_at_once,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
