import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from seq2edge.demo.feedback import FeedbackFile, FullError
from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.readers import read_pairs
from seq2edge.pipeline.recipe_schema.data import File


def test_a_recipe_can_read_the_liked_replies(tmp_path):
    file = FeedbackFile(tmp_path / "ratings.jsonl")
    file.add("안녕\nhello", "A \ud800", True, "quickstart")
    file.add("bad", "B", False, "quickstart")
    lines = [json.loads(line) for line in file.path.read_text(encoding="utf-8").splitlines()]
    assert [line["target"] for line in lines] == ["A ?", ""]
    pairs = list(read_pairs(File(path=str(file.path), source="source", target="target"), file.path))
    assert pairs[0].source == "안녕\nhello"


def test_concurrent_ratings_are_saved_up_to_the_limit_of_the_file(tmp_path):
    file = FeedbackFile(tmp_path / "ratings.jsonl", most_bytes=20_000)

    def write(number):
        try:
            file.add(f"{number}" * 100, "reply", True, "b")
        except FullError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        written = sum(pool.map(write, range(300)))
    lines = file.path.read_text(encoding="utf-8").splitlines()
    assert len([json.loads(line) for line in lines]) == written < 300
    assert file.path.stat().st_size <= 20_000


def test_a_file_that_cannot_be_written_is_refused_at_once(tmp_path):
    with pytest.raises(UserError, match="cannot be written"):
        FeedbackFile(tmp_path / "missing" / "ratings.jsonl")
