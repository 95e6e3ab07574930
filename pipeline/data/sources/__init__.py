"""Public data that is not published as files of pairs: how the files are made of it."""
