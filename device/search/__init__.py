"""The search for a target: greedy, beam, diverse beam and sampling, in numpy."""
