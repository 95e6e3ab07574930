"""Names of the files in a run, apart from `pipeline.run`, which imports Keras."""

RECIPE_FILE, MODEL_FILE, DATA_FOLDER = "recipe.toml", "model.keras", "data"
CHECKPOINT_FILE, HISTORY_FILE = "checkpoint.npz", "history.csv"
