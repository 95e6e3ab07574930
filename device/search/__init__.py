"""The search for targets in numpy: greedy, beam, diverse beam and sampling."""
