"""A stranger's file of pairs: what is in it, and which recipe would fit it."""

import codecs
import csv
import gzip
import io
import json
import math
import random
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.cleaning import SHORT, hash64
from seq2edge.pipeline.data.readers import FORMATS, Pair, file_format, read_pairs
from seq2edge.pipeline.data.scripts import script_of
from seq2edge.pipeline.recipe_schema.recipe import Data, File, Tokenizer
from seq2edge.pipeline.suggest.fitting import Fit, fit, size_for

SAMPLE = 20_000  # pairs whose lengths, scripts and tokens are looked at
EXAMPLES = 3
SOURCE_NAMES = ("source", "src", "question", "q", "input", "prompt", "utterance", "text", "en", "english")
TARGET_NAMES = ("target", "tgt", "answer", "a", "output", "reply", "response", "summary", "command", "translation")
LANGUAGES = ("ar", "cs", "de", "en", "es", "fr", "hi", "it", "ja", "ko", "nl", "pl", "pt", "ru", "tr", "uk", "vi", "zh")
ENCODINGS = ("utf-8", "utf-16", "cp949", "latin-1")

TOKENS_PER_SECOND = 3_000  # target tokens in training, 256 units, two CPU cores; falls with the square of the units


@dataclass(frozen=True)
class Inspection:
    """What a look at a file found.

    Attributes:
        lengths: Percentiles 50, 99 and 100 of the characters of source and target.
        ratio: The 99th percentile of how many times longer one side is.
        scripts: The commonest script of source and target.
        examples: The first few pairs.
        sample: Pairs from all of it; of a small file every one.
    """

    name: str
    path: Path
    target_path: Path | None
    file: File
    task: str
    pairs: int
    duplicates: int
    empty: int
    repeated_sources: int
    lengths: dict[str, list[int]]
    ratio: float
    scripts: dict[str, str]
    examples: list[Pair]
    sample: list[Pair]

    def describe(self) -> str:
        """For a person to read."""
        columns = f", columns {self.file.source!r} → {self.file.target!r}" if not self.target_path else ""
        header = ", with a header" if isinstance(self.file.source, str) and file_format(self.file) != "jsonl" else ""
        lines = [f"{self.path}: {file_format(self.file)}, {self.file.encoding}{header}{columns}"]
        lines.append(
            f"{self.pairs:,} pairs; {self.duplicates:,} duplicates, {self.empty:,} with an empty side, "
            f"{self.repeated_sources:,} whose source stands more than once"
        )
        for side in ("source", "target"):
            median, long, longest = self.lengths[side]
            lines.append(
                f"{side}: {self.scripts[side]} script; "
                f"characters: median {median}, 99 % up to {long}, longest {longest}"
            )
        lines += [f"  {pair.source[:60]!r} → {pair.target[:60]!r}" for pair in self.examples]
        return "\n".join([*lines, f"task: {self.task}"])


def inspect(path: Path, target_path: Path | None = None, task: str | None = None) -> Inspection:
    """Look at a file of pairs.

    Raises:
        UserError: If it cannot be read as pairs.
    """
    file = _guess_file(path, target_path)
    counts, first, sample = _look(read_pairs(file, path, target_path))
    if not sample:
        raise UserError(f"{path}: no pairs in it")
    sides = {"source": [pair.source for pair in sample], "target": [pair.target for pair in sample]}
    common = {side: Counter(map(script_of, texts)).most_common(1)[0][0] for side, texts in sides.items()}
    characters = {side: np.array([len(text) for text in texts]) for side, texts in sides.items()}
    percentiles = {side: [int(np.percentile(values, p)) for p in (50, 99, 100)] for side, values in characters.items()}
    name = re.sub(r"[^a-z0-9._-]+", "-", path.name.lower().removesuffix(".gz").rsplit(".", 1)[0]).strip("-._")
    return Inspection(
        name or "pairs",
        path,
        target_path,
        file,
        task or _guess_task(common, percentiles, parallel=target_path is not None),
        counts["pairs"],
        counts["duplicates"],
        counts["empty"],
        counts["repeated"],
        percentiles,
        _longest_ratio(**characters),
        common,
        first,
        sample,
    )


def _look(pairs: Iterable[Pair]) -> tuple[Counter[str], list[Pair], list[Pair]]:
    """Counts, the first few pairs, and a sample from all of the file, as one that is sorted begins with short texts."""
    seen: set[int] = set()
    sources: set[int] = set()
    counts: Counter[str] = Counter()
    first: list[Pair] = []
    sample: list[Pair] = []
    draw = random.Random(0)
    for pair in pairs:
        counts["pairs"] += 1
        counts["empty"] += not pair.source.strip() or not pair.target.strip()
        both, one = hash64(f"{pair.source}\t{pair.target}"), hash64(pair.source)
        counts["duplicates"] += both in seen
        counts["repeated"] += one in sources and both not in seen
        seen.add(both)
        sources.add(one)
        if len(first) < EXAMPLES:
            first.append(pair)
        if len(sample) < SAMPLE:
            sample.append(pair)
        elif (place := draw.randrange(counts["pairs"])) < SAMPLE:
            sample[place] = pair
    return counts, first, sample


def _longest_ratio(source: np.ndarray, target: np.ndarray) -> float:
    """The 99th percentile of how many times longer one side is."""
    ratios = np.maximum(source, target) / np.maximum(np.minimum(source, target), SHORT)
    return float(np.percentile(ratios, 99))


def suiting(found: Inspection) -> Fit:
    """Settings that suit the file.

    Raises:
        UserError: As `fit`.
    """
    data = Data(
        files=[found.file],
        max_characters=max(100, 2 * max(found.lengths["source"][1], found.lengths["target"][1])),
        max_length_ratio=max(15.0, float(math.ceil(2 * found.ratio))),
    )
    joint = found.scripts["source"] == found.scripts["target"] or found.task == "chat"
    return fit(found.sample, data, Tokenizer(joint=joint, vocabulary=size_for(found.pairs).vocabulary))


def write_recipe(found: Inspection) -> str:
    """A commented recipe that fits the file.

    Raises:
        UserError: As `fit`.
    """
    size, suits = size_for(found.pairs), suiting(found)
    data, tokenizer = suits.data, suits.tokenizer
    vocabularies = f"vocabulary = {tokenizer.vocabulary}        # tokens; fewer where you have little text"
    if tokenizer.target_vocabulary:
        vocabularies += f"\ntarget_vocabulary = {tokenizer.target_vocabulary}"
    speed = TOKENS_PER_SECOND * min(2.0, (256 / size.units) ** 1.5)
    minutes = max(1, round(size.epochs * found.pairs * suits.typical_target / speed / 60))
    stop_on = "bleu" if found.task == "translation" else "loss"
    return f"""\
# seq2edge train {found.name}.toml
#
# Written by `seq2edge init` for {found.pairs:,} pairs. Expect about {minutes} min on two CPU cores; it stops earlier
# when validation gets no better.
name = "{found.name}"
task = "{found.task}"            # chat, translation, summarisation or commands: decides how it is scored and shown

[data]
licence = "not stated"   # of your data; it is written into the bundle
normalisation = "{data.normalisation}"    # or NFKC, which also makes full-width signs ordinary
valid = {data.valid:<4}             # share of the sources held out to choose the best epoch
test = {data.test:<4}              # share held out to score at the end; both by a hash, the same on every machine
max_characters = {data.max_characters}     # longer pairs are dropped
max_length_ratio = {data.max_length_ratio}  # so are pairs of which one side is so many times longer

[[data.files]]
{_place(found)}

[tokenizer]
joint = {str(tokenizer.joint).lower()}             # one SentencePiece model for both sides
{vocabularies}

[model]
encoder = "lstm"         # or "gru" (a little smaller and faster), "rnn", "transformer"
decoder = "lstm"         # the same; any goes with any
units = {size.units}              # width; twice as wide is about four times as slow
embedding = {size.embedding}
encoder_layers = 1
decoder_layers = 1
attention = "general"    # or "dot", "concat", "location" (Luong et al. 2015), "scaled_dot", "bahdanau", "none"
input_feeding = false    # true: better on long texts, trains several times slower
dropout = {size.dropout}
source_length = {suits.source_length}       # tokens; 99 % of your texts are shorter
target_length = {suits.target_length}

[training]
epochs = {size.epochs}              # at most
batch_size = {size.batch_size}
learning_rate = 0.002
label_smoothing = {0.0 if found.task == "chat" else 0.1}
stop_on = "{stop_on}"         # loss, bleu, chrf or exact_match of the validation set
patience = 5             # epochs without a better one
seed = 1

[decoding]
beam = 1                 # 5 is a little better and slower
length_penalty = 0.6

[export]
quantize = ["int8"]      # also "float16" and "none"
beam_sizes = [1, 5]      # a decode step for greedy search, and for beams up to 5
"""


def _place(found: Inspection) -> str:
    """Where the pairs are, as a recipe's file has it."""
    file = found.file
    lines = [f"path = {_text(str(found.path))}"]
    if found.target_path:
        lines += [f"target_path = {_text(str(found.target_path))}", 'format = "parallel"']
    else:
        lines += [
            f'format = "{file_format(file)}"',
            f"source = {_value(file.source)}",
            f"target = {_value(file.target)}",
            "                       # columns: a number from 0, or a name from the header (JSON Lines: the key)",
        ]
    return "\n".join([*lines, f"encoding = {_text(file.encoding)}"])


def _guess_file(path: Path, target_path: Path | None) -> File:
    """Format, encoding and columns of a file."""
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    encoding, text = _head(path)
    if target_path:
        return File(path=str(path), target_path=str(target_path), format="parallel", encoding=encoding)
    first = next((line.rstrip("\r") for line in text.split("\n") if line.strip()), "")
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    kind = FORMATS.get(suffix, "tsv")
    if kind == "jsonl" or (suffix not in FORMATS and first.lstrip().startswith("{")):
        kind = "jsonl"
    elif kind != "csv" and "\t" not in first and "," in first:
        kind = "csv"
    elif kind == "csv" and "\t" in first and "," not in first:
        kind = "tsv"
    if kind == "jsonl":
        try:
            row = json.loads(first)
            names = [name for name, value in row.items() if isinstance(value, str)]
        except (ValueError, AttributeError) as error:
            raise UserError(f"{path}, row 1: not a JSON object: {error}") from None
    else:
        names = next(csv.reader(io.StringIO(first))) if kind == "csv" else first.split("\t")
    if len(names) < 2:
        raise UserError(
            f"{path}, row 1: {len(names)} column; a source and a target are needed (tab, comma or JSON keys)"
        )
    source, target = _guess_columns(names, kind)
    return File(path=str(path), format=kind, encoding=encoding, source=source, target=target)  # type: ignore[arg-type]


def _guess_columns(names: list[str], kind: str) -> tuple[int | str, int | str]:
    lower = [name.strip().lower() for name in names]
    source = next((names[lower.index(n)] for n in SOURCE_NAMES if n in lower), None)
    target = next((names[lower.index(n)] for n in TARGET_NAMES if n in lower), None)
    if source is not None and target is not None and source != target:
        return source, target
    languages = [name for name, low in zip(names, lower, strict=True) if low in LANGUAGES]
    if len(languages) == 2:
        return languages[0], languages[1]
    return (names[0], names[1]) if kind == "jsonl" else (0, 1)


def _head(path: Path) -> tuple[str, str]:
    """Encoding and first 64 KB of a file."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            head = file.read(1 << 16)
    except (EOFError, gzip.BadGzipFile) as error:
        raise UserError(f"{path}: damaged or truncated gzip file: {error}") from None
    if not head.strip():
        raise UserError(f"{path}: is empty")
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UserError(f"{path}: is not a text file")
    for encoding in ENCODINGS:
        if (encoding == "utf-16") != head.startswith((b"\xff\xfe", b"\xfe\xff")):
            continue
        try:
            decoder = codecs.getincrementaldecoder(encoding)()  # 64 KB may end inside a character
            return encoding, decoder.decode(head, final=len(head) < 1 << 16).lstrip("\ufeff")
        except UnicodeDecodeError:
            continue
    raise UserError(f"{path}: its encoding is none of {', '.join(ENCODINGS)}")


def _guess_task(scripts: dict[str, str], lengths: dict[str, list[int]], parallel: bool) -> str:
    if parallel or scripts["source"] != scripts["target"]:
        return "translation"
    if lengths["source"][0] > 3 * lengths["target"][0]:
        return "summarisation"
    return "chat"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _value(value: int | str) -> str:
    return str(value) if isinstance(value, int) else _text(value)
