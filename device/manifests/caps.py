"""Upper limits of the numbers in a manifest. They are generous; they limit the time and memory a bundle can take."""

from typing import Final

MANIFEST_BYTES: Final = 4 << 20
LENGTH: Final = 1 << 15  # tokens of a source or target
LENGTH_BUCKET: Final = 512  # tokens; even a source of one token is padded to a bucket
VOCABULARY: Final = 1 << 20
CLASSES: Final = 1 << 16
FILES: Final = 64
FILE_NAME: Final = 100  # bytes in UTF-8; no file system allows more than 255
SIGNATURES: Final = 1024
FIXED_LENGTHS: Final = 64
BEAM_SIZES: Final = 64
TENSORS: Final = 1024  # inputs or outputs of a signature, states of a decoder
AXES: Final = 16  # of a tensor
WEIGHTS: Final = 1 << 14
BARS: Final = 1024  # of a histogram
OPERATORS: Final = 1024
NAMES: Final = 1024  # of runtimes, languages, types of constants …
VECTORS_BYTES: Final = 4 << 20  # of vectors.json
JSON_BYTES: Final = 16 << 20  # of guard.json and turns.json
VECTORS: Final = 1000
