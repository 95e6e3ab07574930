"""Runs the demo on a Hugging Face space, with the bundle that is installed with seq2edge."""

from seq2edge.demo.app import DemoOptions, serve
from seq2edge.device.shipped_bundle import SHIPPED

if __name__ == "__main__":
    serve([SHIPPED], DemoOptions(host="0.0.0.0"))
