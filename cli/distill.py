"""seq2edge distill: a small student that learns what a large teacher says."""

import argparse

HELP = "train a recipe on what a trained run says (sequence-level distillation)"
EXAMPLES = """\
  seq2edge distill runs/multi30k-en-de small.toml
  seq2edge distill runs/large multi30k-en-de --set model.units=128 --set model.embedding=96 --output runs/small
  seq2edge distill runs/large small.toml --output runs/smaller --from runs/small --closest --set training.epochs=5"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("teacher", metavar="TEACHER_RUN", help="a trained run's folder")
    parser.add_argument("recipe", help="the student's: a bundled recipe's name or a TOML file")
    parser.add_argument("--set", action="append", metavar="KEY=VALUE", help="override a key: section.key=value")
    parser.add_argument("--output", metavar="RUN", help="folder of the student's run (default: runs/NAME-student)")
    parser.add_argument("--beam", type=int, default=5, help="of the teacher (default: 5)")
    parser.add_argument("--int8", action="store_true", help="the teacher answers as its int8 bundle, which is faster")
    parser.add_argument(
        "--closest", action="store_true", help="learn the answer of the beam that is most like the pair's own target"
    )
    parser.add_argument("--from", dest="start", metavar="RUN", help="go on from an earlier student's weights")
    parser.add_argument("--resume", action="store_true", help="go on where a stopped distillation was")
    parser.add_argument("--overwrite", action="store_true", help="replace a run that stands there")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def run(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from seq2edge.cli.keras_setup import quiet_tensorflow
    from seq2edge.pipeline.recipe_schema.load import find_recipe, load_recipe

    path = find_recipe(arguments.recipe)
    recipe = load_recipe(path, arguments.set)
    output = Path(arguments.output or Path("runs") / f"{recipe.name}-student")
    quiet_tensorflow()
    import keras

    from seq2edge.device.runner import Runner
    from seq2edge.pipeline.run import Run
    from seq2edge.pipeline.training.distillation import distill

    teacher, runner = Run.open(Path(arguments.teacher)), None
    start = Run.open(Path(arguments.start)) if arguments.start else None
    if arguments.int8:
        from seq2edge.export.comparison import int8_bundle

        runner = Runner.from_bundle(int8_bundle(teacher, arguments.quiet).path)
    student = distill(
        teacher,
        recipe,
        output,
        path.parent,
        beam=arguments.beam,
        resume=arguments.resume,
        overwrite=arguments.overwrite,
        quiet=arguments.quiet,
        runner=runner,
        closest=arguments.closest,
        start=start,
    )
    if keras.backend.backend() != "tensorflow":
        print(
            f"{output}: trained; with TensorFlow, seq2edge compare {teacher.path} {output} shows it beside its teacher"
        )
        return 0
    from seq2edge.export.comparison import compare, table

    print(table(compare([teacher, student], quiet=arguments.quiet)))
    return 0
