"""seq2edge distill: train a small student on the outputs of a large teacher."""

import argparse
import dataclasses

from seq2edge.cli.option_flags import add_flags, flag_values
from seq2edge.device.terminal import write
from seq2edge.pipeline.training.options import DistillOptions

HELP = "train a recipe on the outputs of a trained run (sequence-level distillation)"
EXAMPLES = """\
  seq2edge distill runs/large small.toml
  seq2edge distill runs/large small.toml --set model.units=128
  seq2edge distill runs/large small.toml --from runs/small --closest"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("teacher", metavar="TEACHER_RUN", help="folder of a trained run")
    parser.add_argument("recipe", help="recipe of the student: name of a bundled recipe or a TOML file")
    parser.add_argument("--set", action="append", metavar="KEY=VALUE", help="override a key: section.key=value")
    parser.add_argument("--output", metavar="RUN", help="folder of the student's run (default: runs/NAME-student)")
    parser.add_argument("--int8", action="store_true", help="decode with the teacher's int8 bundle, which is faster")
    add_flags(parser, DistillOptions)


def run(arguments: argparse.Namespace) -> int:
    import sys
    from pathlib import Path

    from seq2edge.cli.keras_setup import quiet_tensorflow
    from seq2edge.pipeline.recipe_schema.load import find_recipe, load_recipe

    path = find_recipe(arguments.recipe)
    recipe = load_recipe(path, arguments.set)
    output = Path(arguments.output or Path("runs") / f"{recipe.name}-student")
    options = DistillOptions(**flag_values(DistillOptions, arguments), recipe_folder=path.parent)
    quiet_tensorflow()
    import keras

    from seq2edge.device.runners.load import load_runner
    from seq2edge.pipeline.run import Run
    from seq2edge.pipeline.training.distillation import distill

    teacher = Run.open(Path(arguments.teacher))
    if arguments.initial_run:  # so far only a path, because opening a run imports Keras
        options = dataclasses.replace(options, initial_run=Run.open(Path(arguments.initial_run)))
    if arguments.int8:
        from seq2edge.export.comparison import int8_bundle

        bundle = int8_bundle(teacher, arguments.quiet)
        options = dataclasses.replace(options, runner=load_runner(bundle.path))
    try:
        student = distill(teacher, recipe, output, options)
    except KeyboardInterrupt:
        write("\nstopped; finished work is kept. To resume, repeat the command with --resume", file=sys.stderr)
        raise
    if keras.backend.backend() != "tensorflow":
        write(
            f"{output}: trained; to compare it with its teacher (needs TensorFlow): "
            f"seq2edge compare {teacher.path} {output}"
        )
        return 0
    from seq2edge.export.comparison import compare, table

    write(table(compare([teacher, student], quiet=arguments.quiet)))
    return 0
