"""Processors by their type in the manifest. To add a processor, add a module and an entry in `PROCESSORS`."""

from collections.abc import Callable

from seq2edge.device.processors.interface import SourceProcessor, SourceSpec
from seq2edge.device.processors.text import TextProcessor

PROCESSORS: dict[str, Callable[[SourceSpec], SourceProcessor]] = {"text": TextProcessor.load}


def source_processor(spec: SourceSpec) -> SourceProcessor:
    """Build the processor that a manifest describes.

    Raises:
        UserError: If a file of the processor is damaged.
    """
    return PROCESSORS[spec.entry["type"]](spec)
