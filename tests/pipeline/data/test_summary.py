from seq2edge.pipeline.data.summary import describe
from seq2edge.pipeline.recipe_schema.data import Data

SUMMARY = {
    "pairs": {"train": 1120, "valid": 50, "test": 50, "also in valid or test": 2},
    "files": [
        {"path": "a.tsv", "domain": "talk", "train": 900, "valid": 40, "test": 50},
        {"path": "b.tsv", "domain": None, "train": 120, "valid": 0, "test": 0},
        {"path": "c.tsv", "domain": "talk", "train": 100, "valid": 10, "test": 0},
    ],
    "origins": [[0, 900], [1, 100], [2, 100]],
    "dropped": {"empty": 1},
    "dropped_examples": {"empty": "'' → 'a'"},
    "too_many_tokens": 20,
    "lengths": {"source": {"50": 7, "99": 20, "100": 24}},
}
FILES = [{"path": "a.tsv", "domain": "talk"}, {"path": "b.tsv", "weight": 2}, {"path": "c.tsv", "domain": "talk"}]


def test_a_summary_has_pairs_and_shares_by_domain():
    assert describe(Data(files=FILES, temperature=2), SUMMARY).split("\n") == [
        "pairs: 1,120 train, 50 valid, 50 test",
        "  talk: 1,000 train, 50 valid, 50 test, 66.7% of training",
        "  b.tsv: 120 train, 0 valid, 0 test, 33.3% of training",
        "dropped: 1 empty, e.g. '' → 'a'",
        "dropped: 2 also in valid or test",
        "dropped: 20 more tokens than the model allows",
        "source tokens: median 7, 99 % up to 20, longest 24",
    ]


def test_a_single_domain_has_no_line_of_its_own():
    files = [file | {"domain": "talk", "weight": 1} for file in FILES]
    assert describe(Data(files=files), SUMMARY).split("\n")[1].startswith("dropped")
