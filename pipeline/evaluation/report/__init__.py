"""The HTML page of an evaluation: the page, and the sections of each kind of target."""
