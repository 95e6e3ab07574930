from seq2edge.demo.components.summary import summary
from seq2edge.demo.words import table
from seq2edge.device.inspection import Inspection
from seq2edge.device.result import EMPTY


def test_settings_that_differ_from_the_bundle_are_listed(part, parsed):
    inspection = Inspection("a", EMPTY, "", (part,))
    settings = {"sample": True, "top_k": 5, "earlier_replies": ("<b>",)}
    said = parsed(summary(inspection, settings, table("en"))).text
    assert "Draw at random, Top k 5, Another reply than <b>" in said
    assert table("en")["look_settings"] not in parsed(summary(inspection, {}, table("en"))).text
