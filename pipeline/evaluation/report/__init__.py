"""The HTML report of an evaluation: the page, and the sections for each kind of target."""
