"""Search for targets in numpy: greedy search, beam search, diverse beam search and sampling."""
