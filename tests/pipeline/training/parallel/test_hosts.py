import socket
import threading

import pytest

from seq2edge.device.errors import UserError
from seq2edge.pipeline.data.sharding import Shard
from seq2edge.pipeline.training.parallel import hosts as hosts_module
from seq2edge.pipeline.training.parallel.hosts import Hosts, ProcessLostError, parse_hosts
from seq2edge.pipeline.training.parallel.synchronize import refuse_differences


def free_port():
    with socket.create_server(("", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def addresses():
    return [f"localhost:{free_port()}", "localhost"]


def together(addresses, *parts):
    """Run one function for each process, with its `Hosts`. Return results or errors, and the reported messages."""
    results, told = [None] * len(parts), [[] for _ in parts]

    def run(process, part):
        try:
            with Hosts(addresses, process, told[process].append) as hosts:
                results[process] = part(hosts)
        except Exception as error:
            results[process] = error

    threads = [threading.Thread(target=run, args=item) for item in enumerate(parts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results, told


def wait_until_lost(hosts):
    assert hosts._ended.wait(10)


def test_a_finished_process_waits_for_the_others(addresses):
    late, found = threading.Event(), []

    def be_last():
        with Hosts(addresses, 0, found.append):
            threading.Event().wait(0.3)
            late.set()

    def be_first():
        with Hosts(addresses, 1, found.append):
            pass
        found.append(late.is_set())

    threads = [threading.Thread(target=part) for part in (be_last, be_first)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == [True]


def test_a_process_lost_after_this_one_has_finished_is_ignored(addresses):
    def fail(hosts):
        threading.Event().wait(0.3)
        raise UserError("no space left")

    results, told = together(addresses, fail, lambda hosts: "done")
    assert str(results[0]) == "no space left"
    assert results[1] == "done"
    assert told == [[], []]


def test_a_disagreement_names_the_key_and_both_values(addresses):
    hosts = Hosts(addresses, 0, print)
    values = [{"training.batch_size": 64, "model.units": 8}, {"training.batch_size": 32, "model.units": 8}]
    refuse_differences(hosts, "recipe", [values[0], values[0]])
    with pytest.raises(UserError) as error:
        refuse_differences(hosts, "recipe", values)
    assert "disagree about the recipe: training.batch_size is 64 at process 0 (localhost" in str(error.value)
    assert str(error.value).endswith("and 32 at process 1 (localhost)")


def test_a_process_that_does_not_connect_is_named(addresses, monkeypatch):
    monkeypatch.setattr(hosts_module, "ARRIVAL_TIMEOUT", 1.0)
    (error,), _ = together(addresses, lambda hosts: None)
    assert str(error) == "process 1 (localhost) did not connect within 1 seconds"


def test_an_unreachable_first_process_is_named(addresses, monkeypatch):
    monkeypatch.setattr(hosts_module, "ARRIVAL_TIMEOUT", 1.0)
    with pytest.raises(UserError, match=r"process 0 \(localhost:\d+\) cannot be reached .*refused"):
        Hosts(addresses, 1, print).__enter__()


@pytest.mark.parametrize("dying", [0, 1])
def test_a_process_that_dies_is_named_while_the_others_compute(addresses, dying):
    computing = threading.Event()

    def die(hosts):
        computing.wait(10)
        if hosts._hub:  # what the system does for a process that has ended
            hosts._hub.over = True
            for connection in hosts._hub.connections.values():
                connection.shutdown(socket.SHUT_RDWR)
        hosts._connection.shutdown(socket.SHUT_RDWR)
        hosts._leaving = True
        threading.Event().wait(1)

    def compute(hosts):
        computing.set()
        hosts._ended.wait(10)

    parts = [compute, compute]
    parts[dying] = die
    _, told = together(addresses, *parts)
    assert told[1 - dying] == [f"process {dying} ({addresses[dying]}) is gone"]


def test_a_process_that_stops_reports_the_reason(addresses):
    def refuse(hosts):
        raise UserError("no space left")

    _, told = together(addresses, wait_until_lost, refuse)
    assert told[0] == ["process 1 (localhost) has stopped: no space left"]


def test_a_failed_computation_names_the_lost_process(addresses):
    def fail(hosts):
        raise RuntimeError("Gloo AllGather failed: connection closed by peer")

    def stop(hosts):
        threading.Event().wait(0.3)
        raise UserError("no space left")

    results, _ = together(addresses, fail, stop)
    assert isinstance(results[0], ProcessLostError)
    assert str(results[0]) == "process 1 (localhost) has stopped: no space left"


def test_a_process_index_can_connect_only_once(addresses):
    def second(hosts):
        with pytest.raises(UserError, match=r"process 1 \(localhost\) is already connected"):
            Hosts(addresses, 1, print).__enter__()
        return "second"

    results, _ = together(addresses, lambda hosts: "first", second)
    assert results == ["first", "second"]


def test_other_connections_are_closed(addresses):
    def greet(hosts):
        with socket.create_connection(("localhost", hosts.port)) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert stranger.recv(100) == b""
        return "greeted"

    results, _ = together(addresses, greet, lambda hosts: "done")
    assert results == ["greeted", "done"]


@pytest.mark.parametrize(
    ("text", "process", "wrong"),
    [
        ("one:9000", 0, "--hosts must be two or more addresses, .*, got one:9000"),
        ("one,two", 0, "must begin with an address and a port between 1 and 65534, .*, got one,two"),
        ("one:port,two", 0, "must begin with an address and a port"),
        ("one:9000,two", 2, "--process must be this machine's place in --hosts, between 0 and 1, got 2"),
        ("one:9000,two", None, "--process must be .*, got None"),
    ],
)
def test_wrong_hosts_are_refused(text, process, wrong):
    with pytest.raises(UserError, match=wrong):
        parse_hosts(text, process)


def test_the_shares_of_all_processes_make_up_the_batch():
    rows = list(range(12))
    shares = [rows[Shard(process, 3, 6).rows(12)] for process in range(3)]
    assert [row for share in shares for row in share] == rows
