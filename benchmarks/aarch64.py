"""Compares the outputs of bundles on this machine and on an emulated processor of a Raspberry Pi.

    apt-get install qemu-user
    python benchmarks/aarch64.py bundles/multi30k-en-de-int8 --texts captions.en --references captions.de

The first call unpacks an arm64 Python (packages of Debian 12) and the runtime's arm64 wheels into a folder. It changes
nothing else on this machine. Every bundle answers all texts on both machines, and its test vectors are checked under
emulation. float32 and float16 must give the same words. int8 kernels differ between processors, so int8 is judged by
its score and by the share of identical outputs.

Exit status 1: words of a float bundle differ, test vectors fail, or the runtime crashes under emulation; 2: the
comparison cannot be made. Times under emulation compare bundles with each other, but are not those of a real board.
"""

import argparse
import hashlib
import importlib.metadata
import itertools
import json
import lzma
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

import seq2edge.device.bundle
from seq2edge.device.bundle import Bundle, read_bundle
from seq2edge.device.errors import UserError
from seq2edge.pipeline.files import whole_folder

# Processors of the Raspberry Pi 3 and Zero 2 W, of the 4, and of the 5, with their part numbers.
CPUS = {"cortex-a53": 0xD03, "cortex-a72": 0xD08, "cortex-a76": 0xD0B}
# The runtime reads this file to choose kernels, and crashes if it describes another architecture.
CPUINFO = """\
processor\t: 0
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x0
CPU part\t: 0x{part:x}
CPU revision\t: 1
"""
DEBIAN = "https://deb.debian.org/debian"
INDEX = f"{DEBIAN}/dists/bookworm/main/binary-arm64/Packages.xz"
PACKAGES = (
    "libc6",
    "libexpat1",
    "libffi8",
    "libgcc-s1",
    "libpython3.11-minimal",
    "libpython3.11-stdlib",
    "libstdc++6",
    "python3.11-minimal",
    "zlib1g",
)
PYTHON, GLIBC = "3.11", 36  # versions in these packages: Python 3.11 and glibc 2.36
LITERT, SENTENCEPIECE = (f"{name}=={importlib.metadata.version(name)}" for name in ("ai-edge-litert", "sentencepiece"))
RUNTIMES = {
    "litert": (LITERT, SENTENCEPIECE, "numpy"),
    "tflite-2.14": ("tflite-runtime==2.14.0", SENTENCEPIECE, "numpy<2"),
}
# One process answers for all bundles, because loading the runtime takes seconds. It prints a line per sentence to show
# progress.
WORKER = """
import json, sys
from pathlib import Path
from seq2edge.device.runners.load import load_runner
from seq2edge.device.vectors.check import check_vectors
bundles, texts = json.load(sys.stdin)
for path in bundles:
    runner = load_runner(path)
    results = []
    for text in texts:
        results += runner.run_all([text])
        print(flush=True)
    seconds = sum(result.seconds for result in results) / len(results)
    said = {"texts": [result.text for result in results], "seconds": seconds, "vectors": check_vectors(Path(path))}
    print(json.dumps(said), flush=True)
"""


def set_up(folder: Path, runtime: str) -> tuple[Path, Path]:
    """Unpack the root of an arm64 system and a folder of arm64 wheels, unless they exist.

    Raises:
        UserError: If a file cannot be downloaded.
    """
    system, wheels = folder / "debian-12", folder / RUNTIMES[runtime][0].replace("==", "-")
    if not system.is_dir():
        with whole_folder(system) as new:
            unpack_packages(new)
    if not wheels.is_dir():
        with whole_folder(wheels) as new:
            install_wheels(RUNTIMES[runtime], new)
    return system, wheels


def unpack_packages(root: Path) -> None:
    """Unpack Debian's arm64 packages, after verifying the checksums in the index."""
    index = lzma.decompress(download(INDEX)).decode("utf-8")
    for name in tqdm(PACKAGES, "arm64 Python", unit="package"):
        entry = re.search(rf"^Package: {re.escape(name)}\n(?:.+\n)+", index, re.MULTILINE)
        if entry is None:
            raise UserError(f"{INDEX}: has no package {name}")
        fields = dict(re.findall(r"^(\S+): (.+)$", entry[0], re.MULTILINE))
        content = download(f"{DEBIAN}/{fields['Filename']}")
        if hashlib.sha256(content).hexdigest() != fields["SHA256"]:
            raise UserError(f"{fields['Filename']}: altered (its sha256 is not the one in the index)")
        subprocess.run(["dpkg-deb", "--extract", "/dev/stdin", root], input=content, check=True)


def install_wheels(requirements: Sequence[str], folder: Path) -> None:
    """Install arm64 wheels and their dependencies into a folder."""
    print(f"arm64 wheels: {', '.join(requirements)}", file=sys.stderr, flush=True)
    platforms = [f"--platform=manylinux_2_{minor}_aarch64" for minor in range(17, GLIBC + 1)]
    options = ["--quiet", "--only-binary=:all:", f"--python-version={PYTHON}", *platforms, f"--target={folder}"]
    pip = [sys.executable, "-m", "pip", "install", *options, *requirements]
    process = subprocess.run(pip, capture_output=True, text=True)
    if process.returncode != 0:
        raise UserError(f"pip cannot install the arm64 wheels: {last_line(process.stderr)}")


def download(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=60) as response:
            return response.read()
    except OSError as error:
        raise UserError(f"{url}: cannot be downloaded: {error}") from None


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it ended without a message"])[-1]


@contextmanager
def emulated(cpu: str, system: Path, wheels: Path) -> Iterator[list[str | Path]]:
    """Yield the command of a Python on an emulated processor, with links into the system and its own /proc/cpuinfo."""
    with tempfile.TemporaryDirectory() as name:
        root, code = Path(name, "root"), Path(name, "code")
        (root / "proc").mkdir(parents=True)
        (root / "proc" / "cpuinfo").write_text(CPUINFO.format(part=CPUS[cpu]), encoding="ascii")
        for entry in system.iterdir():
            (root / entry.name).symlink_to(entry)
        (code / "seq2edge").mkdir(parents=True)
        (code / "seq2edge" / "device").symlink_to(Path(seq2edge.device.bundle.__file__).parent)
        python = root / "usr" / "bin" / f"python{PYTHON}"
        # -S: do not use the packages of this machine's Python
        yield ["qemu-aarch64", "-cpu", cpu, "-L", root, "-E", f"PYTHONPATH={wheels}:{code}", python, "-S"]


def ask(
    name: str, python: Sequence[str | Path], bundles: Sequence[Bundle], texts: Sequence[str]
) -> list[dict[str, Any]]:
    """Let every bundle answer all texts on a machine.

    Args:
        name: Name of the machine.
        python: Command of a Python on this machine.
        bundles: The bundles.
        texts: The texts to answer.

    Returns:
        For each bundle its answers ("texts"), the time per sentence ("seconds"), and the result of `check_vectors`
        ("vectors").

    Raises:
        SystemExit: If the process crashes, with status 1.
    """
    command = [*python, "-P", "-c", WORKER]
    answers = []
    with tempfile.TemporaryFile("w+") as request, tempfile.TemporaryFile("w+", errors="replace") as complaints:
        json.dump([[str(bundle.path.resolve()) for bundle in bundles], texts], request)
        request.seek(0)
        with subprocess.Popen(command, stdin=request, stdout=subprocess.PIPE, stderr=complaints, text=True) as process:
            lines: Iterator[str] = iter(process.stdout or ())
            for bundle in bundles:
                sentences = itertools.islice(lines, len(texts))
                for _ in tqdm(sentences, f"{bundle.path.name} on {name}", len(texts), unit="sentence"):
                    pass
                said = next(lines, None)
                if said is None:
                    complaints.seek(0)
                    raise SystemExit(f"aarch64.py: {bundle.path} on {name}: {last_line(complaints.read())}")
                answers.append(json.loads(said))
    return answers


def bleu(outputs: Sequence[str], references: Sequence[str] | None) -> float | None:
    """Return sacrebleu's BLEU with its default settings."""
    import sacrebleu

    return None if references is None else round(sacrebleu.corpus_bleu(outputs, [references]).score, 2)


def compare(
    bundle: Bundle, cpu: str, references: Sequence[str] | None, here: dict[str, Any], there: dict[str, Any]
) -> dict[str, Any]:
    """Return one row of the table."""
    identical = [a == b for a, b in zip(here["texts"], there["texts"], strict=True)]
    return {
        "bundle": bundle.path.name,
        "quantization": bundle.manifest.quantization,
        "cpu": cpu,
        "runtime": there["vectors"]["runtime"],
        "sentences": len(identical),
        "identical": round(100 * sum(identical) / len(identical), 1),
        "bleu_here": bleu(here["texts"], references),
        "bleu_there": bleu(there["texts"], references),
        "seconds_there": round(there["seconds"], 3),
        "vectors": there["vectors"],
        "outputs_there": there["texts"],
        "passed": there["vectors"]["passed"] and (bundle.manifest.quantization == "int8" or all(identical)),
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Format the rows as Markdown."""
    columns = {
        "bundle": "{bundle}",
        "quantization": "{quantization}",
        "processor": "{cpu}",
        "runtime": "{runtime}",
        "identical": "{identical} %",
        "BLEU here": "{bleu_here}",
        "BLEU there": "{bleu_there}",
        "s a sentence, emulated": "{seconds_there}",
        "test vectors": "{vectors[same]} of {vectors[vectors]}, logits off by {vectors[largest_logit_difference]:.1g}",
        "passed": "{verdict}",
    }
    if rows[0]["bleu_here"] is None:
        del columns["BLEU here"], columns["BLEU there"]
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    for row in rows:
        verdict = "yes" if row["passed"] else "NO"
        lines.append(" | ".join(cell.format(**row, verdict=verdict) for cell in columns.values()))
    return "\n".join(f"| {line} |" for line in lines)


def read_lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")


def main() -> int:
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    parser = argparse.ArgumentParser(description="Run bundles here and on an emulated arm64 processor, and compare.")
    parser.add_argument("bundles", metavar="BUNDLE", type=Path, nargs="+", help="a bundle's folder")
    parser.add_argument("--texts", type=Path, required=True, metavar="FILE", help="texts to answer, one per line")
    parser.add_argument("--references", type=Path, metavar="FILE", help="expected answers, for BLEU")
    parser.add_argument("--cpu", choices=CPUS, nargs="+", default=["cortex-a72"], help="default: cortex-a72")
    parser.add_argument("--runtime", choices=RUNTIMES, default="litert", help="emulated runtime (default: litert)")
    parser.add_argument(
        "--folder", type=Path, default=caches / "seq2edge" / "aarch64", help="folder to unpack to (%(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    arguments = parser.parse_args()
    for program, package in (("qemu-aarch64", "qemu-user"), ("dpkg-deb", "dpkg")):
        if shutil.which(program) is None:
            raise UserError(f"{program} is missing; install it: apt-get install {package}")
    texts = read_lines(arguments.texts)
    references = read_lines(arguments.references) if arguments.references else None
    if references is not None and len(references) != len(texts):
        raise UserError(f"{arguments.references}: {len(references)} lines, {arguments.texts} has {len(texts)}")
    bundles = [read_bundle(path) for path in arguments.bundles]
    system, wheels = set_up(arguments.folder.resolve(), arguments.runtime)
    here = ask(platform.machine(), [sys.executable], bundles, texts)
    rows = []
    for cpu in arguments.cpu:
        with emulated(cpu, system, wheels) as python:
            there = ask(cpu, python, bundles, texts)
        rows += [compare(bundle, cpu, references, *said) for bundle, *said in zip(bundles, here, there, strict=True)]
    print(json.dumps(rows, indent=1) if arguments.json else table(rows))
    return 0 if all(row["passed"] for row in rows) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (UserError, OSError) as error:
        print(f"aarch64.py: {error}", file=sys.stderr)
        sys.exit(2)
