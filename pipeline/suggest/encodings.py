"""Guesses the encoding of a text file from its bytes."""

import codecs
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.compressed import DAMAGED, damage, open_bytes
from seq2edge.pipeline.recipe_schema.data import LineEnd

HEAD = 1 << 16  # bytes from which the format is guessed
SEARCHED = 1 << 26  # bytes that are searched for letters beyond ASCII
MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF16_LE: "utf-16"}
MARKS |= {codecs.BOM_UTF16_BE: "utf-16"}  # UTF-32's mark starts with UTF-16's, so it comes first
OTHERS = ["shift_jis", "euc_jp", "gb18030", "big5", "cp1251", "koi8_r", "cp1253"]
BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
CONTROL = re.compile("[\x00-\x08\x0e-\x1f]")
MOSTLY, NEARLY_ALL = 0.8, 0.95


@dataclass(frozen=True)
class TextHead:
    """The start of a text file.

    Attributes:
        encoding: Python's name of the encoding.
        is_sure: Whether no other encoding would fit as well.
        text: The first characters.
        is_cut: Whether the file has more text.
        is_ascii: Whether only ASCII was found, so that other encodings fit too.
    """

    encoding: str
    is_sure: bool
    text: str
    is_cut: bool
    is_ascii: bool = False

    @property
    def line_end(self) -> LineEnd:
        """The line end. It is a carriage return, as on old Macs, if there is no line feed."""
        return "cr" if "\r" in self.text.rstrip("\r\n") and "\n" not in self.text else "lf"


def read_head(path: Path) -> TextHead:
    """Read and decode the start of a text file.

    Raises:
        UserError: If the file is empty or damaged, or not text.
    """
    try:
        head, telling = _bytes(path)
    except DAMAGED as error:
        raise damage(path, error) from None
    if not head.strip():
        raise UserError(f"{path}: the file is empty")
    is_cut = len(head) == HEAD
    marked = next((name for mark, name in MARKS.items() if head.startswith(mark)), None)
    if marked or b"\x00" in head:
        encoding, is_sure = marked or _without_mark(path, head), True
    else:
        encoding, is_sure = guess_encoding(telling)
    # The head may end inside a character. The reader reports invalid UTF-8, with its row.
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    text = decoder.decode(head, final=not is_cut).lstrip("\ufeff")
    if not text.strip():
        raise UserError(f"{path}: the file is empty")
    if CONTROL.search(text[:1000]):
        raise UserError(f"{path}: not a text file")
    return TextHead(encoding, is_sure, text, is_cut, is_ascii=not telling)


def guess_encoding(telling: bytes) -> tuple[str, bool]:
    """Guess the encoding of bytes that are not UTF-16. Returns it, and whether it is certain.

    Args:
        telling: Lines with letters beyond ASCII.
    """
    lines = telling.split(b"\n")
    if not telling or sum(_decodes(line, "utf-8") for line in lines) >= NEARLY_ALL * len(lines):
        return "utf-8", True  # the reader reports an invalid line, with its row
    if _is_korean(telling):
        return "cp949", True
    if _is_alone(telling):  # single letters with accents among ASCII: a Western language
        return ("cp1252" if re.search(rb"[\x80-\x9f]", telling) and _decodes(telling, "cp1252") else "latin-1"), False
    return _compared(telling), False


def _bytes(path: Path) -> tuple[bytes, bytes]:
    """Return the head of a file, and lines with letters beyond ASCII, which may be far from the start."""
    with open_bytes(path) as file:
        head = file.read(HEAD)
        part, searched = head, len(head)
        while part and not BEYOND_ASCII.search(part) and searched < SEARCHED:
            part = file.read(HEAD)
            searched += len(part)
        part += file.readline(HEAD) if part else b""
    lines = re.split(rb"[\r\n]+", part)
    if searched > len(head) and len(lines) > 2:
        lines = lines[1:]  # the first line of a later part may start inside a character
    return head, b"\n".join(line for line in lines if BEYOND_ASCII.search(line))


def _without_mark(path: Path, head: bytes) -> str:
    """Detect UTF-16 without a byte order mark: it has a zero byte for each ASCII character."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    whole = head[: len(head) // 2 * 2]
    text = codecs.getincrementaldecoder(encoding)("replace").decode(whole)
    if not re.search(r"[\t\r\n ,;]", text) or CONTROL.search(text) or text.count("\ufffd") > len(text) // 100:
        raise UserError(f"{path}: not a text file")
    return encoding


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(content)
    except UnicodeDecodeError:
        return False
    return True


def _is_korean(content: bytes) -> bool:
    """Return whether bytes are Korean text in cp949.

    In Korean text nearly all letters beyond ASCII are Hangul of the older standard EUC-KR. Chinese and Japanese decoded
    as cp949 have many other characters, and accented letters are followed by ASCII.
    """
    if not _decodes(content, "cp949"):
        return False
    beyond = [letter for letter in content.decode("cp949", "ignore") if ord(letter) > 127 and letter.isalpha()]
    # Hangul that is missing from the older standard takes 8 bytes.
    hangul = sum("가" <= letter <= "힣" and len(letter.encode("euc_kr")) == 2 for letter in beyond)
    return hangul > 0 and hangul >= MOSTLY * len(beyond) and not _is_alone(content)


def _is_alone(content: bytes) -> bool:
    """Return whether most bytes beyond ASCII have ASCII on both sides."""
    beyond = [False, *(byte > 127 for byte in content), False]
    runs = sum(not before and after for before, after in pairwise(beyond))
    return runs > sum(beyond) * 0.6  # letters of two bytes make runs of 2 or more


def _compared(content: bytes) -> str:
    """Return the encoding that charset-normalizer finds most likely; Latin-1 if it is not installed."""
    try:
        import charset_normalizer
    except ModuleNotFoundError:
        return "latin-1"
    best = charset_normalizer.from_bytes(content[:HEAD], cp_isolation=OTHERS).best()
    return str(best.encoding) if best else "latin-1"
