import pytest

from seq2edge.device.errors import UserError
from seq2edge.export.tflite.runtimes import check_operators


def test_operators_of_all_runtimes_are_accepted():
    check_operators([{"name": "GATHER", "version": 6}, {"name": "WHILE", "version": 1}], ["litert", "tflite-2.14"])


def test_an_older_runtime_refuses_a_newer_operator_version():
    operators = [
        {"name": "FULLY_CONNECTED", "version": 12},
        {"name": "BESSEL", "version": 1},
        {"name": "ADD", "version": 1},
    ]
    check_operators(operators, ["litert"])
    with pytest.raises(UserError) as error:
        check_operators(operators, ["litert", "tflite-2.14"])
    assert str(error.value) == (
        "the runtime tflite-2.14 cannot run this model: FULLY_CONNECTED 12 (supported: up to 10), BESSEL 1 "
        "(supported: no version); try another architecture or quantization, or export for LiteRT only: "
        "--runtime litert"
    )
