"""Pictures of how an answer came about: pure functions from data to HTML, with one style sheet and one script."""
