"""Writes the folder for the machine with the GPU: settings, recipes, token ids, and wheels of missing packages."""

import json
import subprocess
from pathlib import Path
from typing import Any

from gpu.folder import SETTINGS_FILE, WHEELS_FOLDER
from gpu.settings import RECIPES_OF_PARTS, SPEED, TINY, TINY_SPEED
from gpu.wheels import download_wheels
from seq2edge.pipeline.data.prepare import PrepareOptions, prepare
from seq2edge.pipeline.recipe_schema.load import RECIPES, load_recipe
from seq2edge.pipeline.recipe_schema.recipe import Recipe

ROOT = Path(__file__).parents[2]


def prepare_folder(folder: Path, python: str, also: list[str], tiny: bool) -> None:
    """Write the folder. Prepared data is reused.

    Args:
        folder: Folder to write.
        python, also: As for `download_wheels`.
        tiny: Whether to use the smallest settings.
    """
    folder.mkdir(parents=True, exist_ok=True)
    recipes = {part: _recipe(part, tiny) for part in RECIPES_OF_PARTS}
    prepare(recipes["hybrid"], folder, PrepareOptions(RECIPES))  # the recipes have the same data
    for part, recipe in recipes.items():
        (folder / f"{part}.toml").write_text(recipe.to_toml(), encoding="utf-8")
    download_wheels(folder / WHEELS_FOLDER, python, also)
    settings: dict[str, Any] = {"tiny": tiny, "commit": _commit(), "speed": TINY_SPEED if tiny else SPEED}
    settings |= {"passes": 2 if tiny else 10, "save_seconds": 0 if tiny else 60}
    (folder / SETTINGS_FILE).write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {size / 2**20:.1f} MiB")


def _recipe(part: str, tiny: bool) -> Recipe:
    settings = [*RECIPES_OF_PARTS[part], *(TINY[part] if tiny else [])]
    return load_recipe(RECIPES / "multi30k-hybrid.toml", settings)


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()
