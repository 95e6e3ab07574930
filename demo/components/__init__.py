"""Components of the page: pure functions from data to HTML, with one style sheet and one script."""
