"""Builds files of pairs from public data that is published in another form."""
