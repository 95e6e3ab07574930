"""Names of files and folders in the folder that `prepare` writes."""

SETTINGS_FILE = "settings.json"
WHEELS_FOLDER = "wheels"
