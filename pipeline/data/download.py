"""Downloads files into a cache and verifies their checksums."""

import hashlib
import http.client
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from tqdm import tqdm

from seq2edge.device.errors import UserError
from seq2edge.device.terminal import write
from seq2edge.pipeline.files import checksum

CHUNK = 1 << 20  # bytes
TIMEOUT = 60  # seconds


def cache_folder() -> Path:
    """Return the folder of downloads and of files built from them: SEQ2EDGE_CACHE, or ~/.cache/seq2edge."""
    return Path(os.environ.get("SEQ2EDGE_CACHE") or Path.home() / ".cache" / "seq2edge")


def download(url: str, sha256: str | None = None, licence: str = "not stated") -> Path:
    """Download a file into the cache, or reuse the cached one.

    A partial download is resumed if there is a checksum. Without one, parts of two versions might be joined.

    Args:
        sha256: Expected checksum, in hexadecimal. None: the file is not checked.
        licence: Licence of the data. It is shown with the address and size before the download starts.

    Raises:
        UserError: If the file cannot be downloaded, or its checksum differs.
    """
    _refuse_invalid(url)
    folder = cache_folder() / hashlib.sha256(url.encode()).hexdigest()[:16]
    path = folder / _file_name(url)
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.part")
        if sha256 is None:
            partial.unlink(missing_ok=True)
        _fetch(url, partial, licence)
        _check(partial, sha256, url)
        partial.replace(path)
    else:
        _check(path, sha256, url)
    return path


def shown(url: str) -> str:
    """Return a URL without its user name and password, for messages."""
    return re.sub(r"(?<=//)[^/?#]*@", "", url)


def _refuse_invalid(url: str) -> None:
    try:
        parts = urllib.parse.urlsplit(url)
        is_valid = parts.scheme in ("http", "https", "ftp", "file") and parts.port != 0
        if re.search("[\\x00-\\x20\\x7f]|%00", url) or not is_valid:
            raise ValueError("expected http:// or https://, a host and a path without spaces and control codes")
    except ValueError as error:
        raise UserError(f"{shown(url)}: not a valid URL: {error}") from None


def _file_name(url: str) -> str:
    """Return the last part of a URL, without its query. The suffix matters, because it tells whether a file is gzip."""
    return urllib.parse.unquote(urllib.parse.urlsplit(url).path).rstrip("/").rsplit("/", 1)[-1] or "file"


def _fetch(url: str, partial: Path, licence: str) -> None:
    have = partial.stat().st_size if partial.is_file() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            if have and response.status != 206:  # the server sends the whole file again
                have = 0
            length = response.headers.get("Content-Length")
            whole = have + int(length) if length else None
            size = f" ({whole / 1e6:.1f} MB)" if whole else ""
            write(f"downloading {shown(url)}{size}; licence of the data: {licence}", file=sys.stderr)
            with (
                partial.open("ab" if have else "wb") as file,
                tqdm(
                    total=whole,
                    initial=have,
                    unit="B",
                    unit_scale=True,
                    desc=_file_name(url),
                    file=sys.stderr,
                    disable=None,
                ) as bar,
            ):
                while chunk := response.read(CHUNK):
                    file.write(chunk)
                    bar.update(len(chunk))
        if whole is not None and partial.stat().st_size < whole:  # urllib reports a closed connection as the end
            raise ConnectionError(f"the connection closed after {partial.stat().st_size:,} of {whole:,} bytes")
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        if isinstance(error, urllib.error.HTTPError) and error.code == 416:  # the partial file is complete
            return
        reason = getattr(error, "reason", error)
        raise UserError(f"{shown(url)}: download failed: {reason}; try again") from None


def _check(path: Path, sha256: str | None, url: str) -> None:
    """Refuse and remove a file whose checksum differs."""
    if sha256 and (found := checksum(path)) != sha256:
        path.unlink()
        raise UserError(f"{shown(url)}: sha256 is {found}, but the recipe says {sha256}")
