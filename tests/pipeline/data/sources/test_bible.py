import json

from seq2edge.pipeline.data.sources import bible


def book(*chapters):
    """A book as in the repositories, with numbers as numbers or as strings."""
    return json.dumps({
        "chapters": [
            {"chapter": str(number), "verses": [{"verse": verse, "text": text} for verse, text in enumerate(verses, 1)]}
            for number, verses in enumerate(chapters, 1)
        ]
    })  # fmt: skip


def test_verses_are_paired_by_their_numbers_in_the_order_of_the_books(write_archive):
    korean = {"data/1Samuel.json": book(["하나", "둘"]), "data/Ruth.json": book(["셋"], ["넷", "다섯"])}
    english = {"Books.json": '["Ruth", "1 Samuel"]', "Ruth.json": book(["three "], ["four"]),
               "1Samuel.json": book(["one", "two", "more"])}  # fmt: skip
    archives = [write_archive(name, texts) for name, texts in (("k.tar.gz", korean), ("e.tar.gz", english))]
    assert bible.build(archives) == {
        "aligned.ko-en.tsv.gz": [
            ("Ruth", "1", "1", "셋", "three"),
            ("Ruth", "2", "1", "넷", "four"),
            ("1Samuel", "1", "1", "하나", "one"),
            ("1Samuel", "1", "2", "둘", "two"),
        ]
    }
