"""The documentation site: `make docs`, then open build/site/index.html."""

import sys
from importlib import metadata
from pathlib import Path

from sphinx.ext.autodoc.mock import _MockObject

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project, author, copyright = "seq2edge", "the authors of seq2edge", "the authors of seq2edge"
release = metadata.version("seq2edge")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "docstrings", "recipes", "source_links"]
exclude_patterns = ["_ext"]

html_theme, html_title = "furo", f"seq2edge {release}"
html_static_path, html_css_files = ["_static"], ["site.css"]
html_copy_source = False

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
suppress_warnings = ["misc.highlighting_failure"]  # shell sessions with an ellipsis in them

# Autodoc imports the modules. These packages take long to import or are in other extras; no signature needs them.
autodoc_mock_imports = [
    *("tensorflow", "tensorflow_text", "keras", "keras_nlp", "jax"),
    *("sacrebleu", "rouge_score", "jiwer", "sklearn", "matplotlib", "tqdm", "tomli_w"),
]
_MockObject.__or__ = _MockObject.__ror__ = lambda self, other: self  # annotations such as `tf.Tensor | None`
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
default_role = "code"
napoleon_google_docstring, napoleon_numpy_docstring = True, False
napoleon_custom_sections = [("Call arguments", "params_style")]
napoleon_use_ivar = True

linkcheck_ignore = ["https?://"]  # `make docs` works without a network; links inside the site are checked
