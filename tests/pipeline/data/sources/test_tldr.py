from seq2edge.pipeline.data.sources import tldr

TRAIN, VALID, TEST = "ko-en.train.tsv.gz", "ko-en.valid.tsv.gz", "ko-en.test.tsv.gz"


def page(description, *examples):
    lines = ["# name", "", *(f"> {line}" for line in description)]
    for text, command in examples:
        lines += ["", f"- {text}:", "", f"`{command}`"]
    return "\n".join([*lines, ""])


def build(write_archive, pages):
    """Pages by their path: Korean and English."""
    texts = {"README.md": "no page"}
    for path, (korean, english) in pages.items():
        texts |= {f"pages.ko/{path}.md": korean, f"pages/{path}.md": english}
    return tldr.build([write_archive("tldr.tar.gz", texts)])


def test_descriptions_and_examples_become_pairs(write_archive):
    korean = page(
        ["보관 도구.", "더 많은 정보: <x>."], ("파일  추출", "tar xf {{경로/파일}}"), ("목록", "tar t {{파일}}")
    )
    english = page(["Archiver.", "More information: <x>."], ("Extract", "tar xf {{path/to/file}}"), ("List", "tar x"))
    rows = build(write_archive, {"common/tar": (korean, english)})
    assert rows == {TRAIN: [("보관 도구.", "Archiver."), ("파일 추출", "Extract")], VALID: [], TEST: []}


def test_pages_that_differ_are_left_out(write_archive):
    korean, english = page(["도구."], ("추출", "x")), page(["Tool."], ("Extract", "x"))
    with_note = page(["Tool.", "Note: old."], ("Extract", "x"))
    with_example = page(["Tool."], ("Extract", "x"), ("List", "y"))
    assert build(write_archive, {"common/a": (korean, with_note)})[TRAIN] == [("추출", "Extract")]
    assert build(write_archive, {"common/a": (korean, with_example)})[TRAIN] == []
    assert build(write_archive, {"common/a": (english, english)})[TRAIN] == []  # not translated


def test_pages_are_not_split_and_splits_share_no_text(write_archive):
    pages = {
        f"common/p{i}": (page([f"도구 {i}."], ("도움말", "x")), page([f"Tool {i}."], ("Show help", "x")))
        for i in range(200)
    }
    rows = build(write_archive, pages)
    assert [len(rows[name]) for name in (TRAIN, VALID, TEST)] == [185, 8, 8]
    texts = [{text for row in rows[name] for text in row} for name in rows]
    assert sum(map(len, texts)) == len(set().union(*texts))
