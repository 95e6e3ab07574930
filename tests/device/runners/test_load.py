from seq2edge.device.bundle import read_bundle
from seq2edge.device.runners.load import RUNNERS, load_runner
from seq2edge.device.tasks import TASKS


def test_every_task_has_a_runner():
    assert {task.family for task in TASKS.values()} <= RUNNERS.keys()


def test_the_family_of_the_task_decides(bundles, monkeypatch):
    monkeypatch.setitem(RUNNERS, "seq2seq", lambda *given: given)
    assert load_runner(bundles / "int8", threads=2, num_interpreters=3) == (read_bundle(bundles / "int8"), 2, 3)
