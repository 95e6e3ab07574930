import contextlib
import os
import subprocess
import sys

from seq2edge.device.native_notes import without_notes

NOTES = b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\nI0000 00:00:17.45 10 port.cc:153] oneDNN is on.\n"
NOTES += b"normalizer.cc(51) LOG(INFO) precompiled_charsmap is empty. use identity normalization.\n"
WRITE = """
import os, sys
from seq2edge.device.native_notes import without_notes
with without_notes():
    os.write(2, sys.argv[1].encode())
"""


def written(content, environment=None, **settings):
    return subprocess.run(
        [sys.executable, "-c", WRITE, content], env=os.environ | (environment or {}), check=True, **settings
    )


def test_errors_and_warnings_are_written_without_notes(capfd):
    with without_notes():
        os.write(2, b"before\n" + NOTES + b"ERROR: a tensor is missing\nno line end")
    assert capfd.readouterr().err == "before\nERROR: a tensor is missing\nno line end"


def test_errors_are_written_even_if_the_library_raises(capfd):
    try:
        with without_notes():
            os.write(2, NOTES + b"E0000 it failed\n")
            raise RuntimeError
    except RuntimeError:
        os.write(2, b"after\n")
    assert capfd.readouterr().err == "E0000 it failed\nafter\n"


def test_more_output_than_a_pipe_holds_does_not_block(capfd):
    with without_notes(), contextlib.suppress(BlockingIOError):
        for _ in range(1000):
            os.write(2, b"x" * 999 + b"\n")
    assert capfd.readouterr().err.startswith("x" * 999)


def test_an_environment_variable_shows_the_notes():
    asked = written(NOTES.decode(), {"TF_CPP_MIN_LOG_LEVEL": "0"}, stderr=subprocess.PIPE)
    assert asked.stderr == NOTES
    assert written(NOTES.decode(), {"TF_CPP_MIN_LOG_LEVEL": "3"}, stderr=subprocess.PIPE).stderr == b""


def test_a_program_without_standard_error_continues():
    command = f"{sys.executable} -c 'from seq2edge.device.native_notes import without_notes as w\nwith w(): pass' 2>&-"
    assert subprocess.run(command, shell=True).returncode == 0
