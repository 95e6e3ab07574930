"""The style sheet and the script that all components share.

`SCRIPT` is the body of a function of `element` and `trigger`, as `gr.HTML(js_on_load=SCRIPT)` wants it. It listens on
the element, so it goes on working when the content is replaced.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
STYLE = (FOLDER / "look_inside.css").read_text(encoding="utf-8")
SCRIPT = (FOLDER / "look_inside.js").read_text(encoding="utf-8")
