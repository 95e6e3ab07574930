"""What hypotheses are scored with against references, and what each number means."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from seq2edge.device.tasks import TASKS, TaskName
from seq2edge.pipeline.evaluation.scoring import Example, exact, reference_streams

WORD = re.compile(r"[^\W_]+")
NO_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")  # kana and Han: each character is a word
WATCHED = ("bleu", "chrf", "exact_match")

Score = Callable[[Sequence[str], Sequence[Example]], float]


@dataclass(frozen=True)
class Metric:
    """One number of an evaluation.

    Attributes:
        key: In JSON.
        label: In tables.
        score: Of hypotheses and what was expected.
        higher_is_better: None where neither is.
        tasks: For which it means something.
    """

    key: str
    label: str
    score: Score
    higher_is_better: bool | None = True
    tasks: tuple[TaskName, ...] = TASKS


def main_score(task: str) -> str:
    """The key of the score by which models of a task are chosen."""
    return "exact_match" if task == "chat" else "bleu"


def scores_of(task: str, hypotheses: Sequence[str], expected: Sequence[Example]) -> dict[str, float]:
    """All numbers that mean something for a task, rounded to two decimals."""
    return {metric.key: round(metric.score(hypotheses, expected), 2) for metric in metrics_of(task)}


def scores(hypotheses: Sequence[str], expected: Sequence[Example]) -> dict[str, Any]:
    """What a training watches, whatever its task: BLEU, chrF++ and exact matches, with sacrebleu's signatures."""
    found = {metric.key: round(metric.score(hypotheses, expected), 2) for metric in METRICS if metric.key in WATCHED}
    signed = [str(sacrebleu_metrics()[key].get_signature()) for key in WATCHED if key in sacrebleu_metrics()]
    return {"sentences": len(expected), **found, "signatures": signed}


def metrics_of(task: str) -> list[Metric]:
    return [metric for metric in METRICS if task in metric.tasks]


def signatures(task: str) -> list[str]:
    """How sacrebleu's scores of a task came about, once they have been computed."""
    found = sacrebleu_metrics()
    return [str(found[metric.key].get_signature()) for metric in metrics_of(task) if metric.key in found]


@cache
def sacrebleu_metrics() -> dict[str, Any]:
    """sacrebleu's metrics by our keys."""
    from sacrebleu.metrics import BLEU, CHRF, TER

    return {"bleu": BLEU(), "bleu_lc": BLEU(lowercase=True), "chrf": CHRF(word_order=2), "ter": TER()}


def sentence_scores(hypotheses: Sequence[str], expected: Sequence[Example]) -> list[float]:
    """chrF++ of each sentence."""
    metric = sacrebleu_metrics()["chrf"]
    return [
        metric.sentence_score(hypothesis, list(example.references)).score
        for hypothesis, example in zip(hypotheses, expected, strict=True)
    ]


def _sacrebleu(key: str) -> Score:
    def score(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
        return sacrebleu_metrics()[key].corpus_score(hypotheses, reference_streams(expected)).score

    return score


def words(text: str) -> list[str]:
    """Lower-case words of any script: runs of letters and digits; of kana and Han the single characters.

    Of English text these are rouge-score's.
    """
    return WORD.findall(NO_SPACES.sub(r" \g<0> ", text.lower()))


class _Words:
    """`words` as rouge-score wants it."""

    def tokenize(self, text: str) -> list[str]:
        return words(text)


def _rouge(kind: str) -> Score:
    def score(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
        from rouge_score.rouge_scorer import RougeScorer

        scorer = RougeScorer([kind], tokenizer=_Words())
        found = [scorer.score_multi(e.references, h)[kind].fmeasure for h, e in zip(hypotheses, expected, strict=True)]
        return 100 * sum(found) / len(found)

    return score


def _errors(kind: str) -> Score:
    """jiwer's error rate over all sentences; of several references the one that needs the fewest edits."""

    def score(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
        import jiwer

        process = jiwer.process_words if kind == "wer" else jiwer.process_characters
        edits = length = 0
        for hypothesis, example in zip(hypotheses, expected, strict=True):
            found = [process(reference, hypothesis) for reference in example.references if reference.strip()]
            if not found:
                continue
            best = min(found, key=lambda output: getattr(output, kind))
            edits += best.substitutions + best.deletions + best.insertions
            length += best.substitutions + best.deletions + best.hits
        return 100 * edits / max(length, 1)

    return score


def _exact_match(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
    return 100 * sum(exact(h, e.references) for h, e in zip(hypotheses, expected, strict=True)) / len(expected)


def _word_accuracy(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
    """Share of places at which hypothesis and reference have the same word."""
    return _best_reference(
        hypotheses, expected, lambda h, r: sum(a == b for a, b in zip(h, r, strict=False)) / max(len(h), len(r), 1)
    )


def _word_f1(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
    """F1 of the words, order aside (Rajpurkar et al. 2016)."""
    return _best_reference(
        hypotheses, expected, lambda h, r: 2 * (Counter(h) & Counter(r)).total() / max(len(h) + len(r), 1)
    )


def _best_reference(
    hypotheses: Sequence[str], expected: Sequence[Example], score: Callable[[list[str], list[str]], float]
) -> float:
    """Mean over sentences in percent, of several references the best."""
    found = [
        max(score(words(hypothesis), words(reference)) for reference in example.references)
        for hypothesis, example in zip(hypotheses, expected, strict=True)
    ]
    return 100 * sum(found) / len(found)


def _length_ratio(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
    """Words said for each word of the references, of several the nearest in length."""
    said = wanted = 0
    for hypothesis, example in zip(hypotheses, expected, strict=True):
        length = len(words(hypothesis))
        said += length
        wanted += min((len(words(reference)) for reference in example.references), key=lambda n: abs(n - length))
    return said / max(wanted, 1)


def _distinct(n: int) -> Score:
    """Different n-grams of all hypotheses, as a share of their n-grams (Li et al. 2016)."""

    def score(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
        grams = []
        for hypothesis in hypotheses:
            said = words(hypothesis)
            grams += [tuple(said[i : i + n]) for i in range(len(said) - n + 1)]
        return 100 * len(set(grams)) / max(len(grams), 1)

    return score


def _repeated(hypotheses: Sequence[str], expected: Sequence[Example]) -> float:
    """Share of replies that an earlier source had got already."""
    return 100 * (1 - len(set(hypotheses)) / len(hypotheses))


METRICS = (
    Metric("bleu", "BLEU", _sacrebleu("bleu")),
    Metric("bleu_lc", "BLEU lower case", _sacrebleu("bleu_lc"), tasks=("translation",)),
    Metric("chrf", "chrF++", _sacrebleu("chrf")),
    Metric("ter", "TER", _sacrebleu("ter"), False, ("translation",)),
    Metric("rouge1", "ROUGE-1", _rouge("rouge1"), tasks=("summarisation",)),
    Metric("rouge2", "ROUGE-2", _rouge("rouge2"), tasks=("summarisation",)),
    Metric("rougeL", "ROUGE-L", _rouge("rougeL"), tasks=("summarisation",)),
    Metric("exact_match", "exact match %", _exact_match),
    Metric("word_accuracy", "word accuracy %", _word_accuracy, tasks=("translation", "commands")),
    Metric("word_f1", "word F1", _word_f1, tasks=("chat", "commands", "summarisation")),
    Metric("wer", "WER %", _errors("wer"), False, ("translation", "commands")),
    Metric("cer", "CER %", _errors("cer"), False, ("translation", "commands")),
    Metric("distinct_1", "distinct-1 %", _distinct(1), tasks=("chat",)),
    Metric("distinct_2", "distinct-2 %", _distinct(2), tasks=("chat",)),
    Metric("repeated", "repeated replies %", _repeated, None, ("chat",)),
    Metric("length_ratio", "length ratio", _length_ratio, None),
)
