"""Finds the highest version of each operator in some model files that another runtime loads.

    python -m venv old && old/bin/pip install 'tflite-runtime==2.14.0' 'numpy<2'
    python benchmarks/operator_versions.py old/bin/python bundles/*/model.tflite

For each operator, the version in the file is raised step by step, and the runtime tries to load the file.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

LARGEST = 16
LOAD = """
import sys
from tflite_runtime.interpreter import Interpreter
loaded = [0]
for path in sys.argv[1:]:
    try:
        Interpreter(model_path=path)
        loaded.append(int(path.rsplit("/", 1)[1]))
    except ValueError:
        pass
print(max(loaded))
"""
NAMES = {value: name for name, value in vars(schema.BuiltinOperator).items() if not name.startswith("_")}


def operator(code: schema.OperatorCodeT) -> int:
    return max(code.builtinCode, code.deprecatedBuiltinCode)


def highest(python: str, content: bytes, wanted: int, folder: Path) -> int:
    """Return the highest version with which the runtime of `python` loads a file."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    paths = []
    for version in range(1, LARGEST):
        for code in model.operatorCodes:
            if operator(code) == wanted:
                code.version = version
        builder = flatbuffers.Builder(len(content) + 1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        path = folder / str(version)
        path.write_bytes(builder.Output())
        paths.append(str(path))
    found = subprocess.run([python, "-c", LOAD, *paths], check=True, capture_output=True, text=True)
    return int(found.stdout)


def main() -> None:
    python, *files = sys.argv[1:]
    smallest: dict[int, bytes] = {}
    for content in sorted((Path(file).read_bytes() for file in files), key=len):
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
        for code in model.operatorCodes:
            smallest.setdefault(operator(code), content)
    with tempfile.TemporaryDirectory() as folder:
        for wanted in sorted(smallest, key=NAMES.__getitem__):
            print(f'"{NAMES[wanted]}": {highest(python, smallest[wanted], wanted, Path(folder))},', flush=True)


if __name__ == "__main__":
    main()
