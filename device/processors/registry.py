"""The processors by their type in the manifest. A new processor is a module and an entry here."""

from collections.abc import Callable

from seq2edge.device.processors.interface import SourceProcessor, SourceSpec
from seq2edge.device.processors.text import TextProcessor

PROCESSORS: dict[str, Callable[[SourceSpec], SourceProcessor]] = {"text": TextProcessor.load}


def source_processor(spec: SourceSpec) -> SourceProcessor:
    """Build the processor that a manifest describes.

    Raises:
        UserError: If one of its files is damaged.
    """
    return PROCESSORS[spec.entry["type"]](spec)
