"""The answers of a system. They are saved one by one, so that an interrupted evaluation can be resumed."""

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from tqdm import tqdm

from seq2edge.device.result import Result
from seq2edge.pipeline.evaluation.evaluation_set import EvaluationSet
from seq2edge.pipeline.evaluation.system import System


@dataclass(frozen=True)
class Answer:
    """The answer to one source.

    Attributes:
        text: The model's best hypothesis, even if a fallback line would replace it.
        confidence: As in `Result`.
        source_length: Length of the source in tokens.
        parts: For each part of the source, its tokens ("source", "target") and its attention in percent, with one row
            per target token, or None.
    """

    text: str
    confidence: float
    source_length: int
    parts: list[dict[str, Any]]

    @classmethod
    def of(cls, result: Result) -> "Answer":
        parts = [
            {
                "source": list(part.source_tokens),
                "target": list(part.target_tokens),
                "attention": None if part.attention is None else np.round(100 * part.attention).astype(int).tolist(),
            }
            for part in result.parts
        ]
        length = sum(len(part.source_tokens) for part in result.parts)
        return cls(result.alternatives[0][0], round(result.confidence, 4), length, parts)


@dataclass(frozen=True)
class AnswerRequest:
    """A system, the sources that it answers, and the options of its search.

    Attributes:
        search: Keyword arguments of `Seq2SeqRunner.run_each`.
    """

    system: System
    test_set: EvaluationSet
    search: Mapping[str, Any]

    @property
    def sources(self) -> list[str]:
        return [example.source for example in self.test_set.expected]

    @property
    def key(self) -> str:
        """A digest of everything that the answers depend on."""
        content = json.dumps([self.system.key, dict(self.search), self.sources])
        return hashlib.sha256(content.encode()).hexdigest()


def answer_all(request: AnswerRequest, folder: Path, quiet: bool = False) -> list[Answer]:
    """Answer every source of the set.

    Each answer is appended to a file in `folder`. If an earlier evaluation with the same key was interrupted, its
    answers are reused. The file is deleted at the end.
    """
    system, sources = request.system, request.sources
    path = folder / f"answers-{request.test_set.name}-{system.name}-{request.key[:12]}.jsonl"
    answers = _read_partial(path, request.key)
    missing = [index for index in range(len(sources)) if index not in answers]
    folder.mkdir(parents=True, exist_ok=True)
    bar = tqdm(
        total=len(sources),
        initial=len(answers),
        desc=system.name,
        unit="sentence",
        disable=quiet or None,
        file=sys.stderr,
    )
    with bar, path.open("a" if answers else "w", encoding="utf-8") as file:
        if not answers:
            _write_line(file, {"key": request.key})
        for number, result in system.runner.run_each([sources[index] for index in missing], **request.search):
            answers[missing[number]] = answer = Answer.of(result)
            _write_line(file, {"index": missing[number], **asdict(answer)})
            bar.update()
    path.unlink()
    return [answers[index] for index in range(len(sources))]


def _read_partial(path: Path, key: str) -> dict[int, Answer]:
    """Read the answers of an interrupted evaluation, by index. There are none if its key differs.

    The last line of the file may be incomplete. It is removed, so that the next answer starts a line.
    """
    if not path.is_file():
        return {}
    complete = path.read_bytes().rpartition(b"\n")[0]
    try:
        rows = [json.loads(line) for line in complete.split(b"\n")]
    except ValueError:  # not a file of answers, or a damaged one
        return {}
    if rows[0] != {"key": key}:
        return {}
    os.truncate(path, len(complete) + 1)
    return {row.pop("index"): Answer(**row) for row in rows[1:]}


def _write_line(file: TextIO, values: dict[str, Any]) -> None:
    file.write(json.dumps(values, ensure_ascii=False) + "\n")
    file.flush()
