from seq2edge.device import signature_names


def test_a_name_contains_the_rows_and_the_fixed_length():
    assert signature_names.encode() == "encode"
    assert signature_names.encode(16) == "encode_s16"
    assert signature_names.decode_step(5, 32) == "decode_step_5_s32"
    assert signature_names.decode_step_shortlist(1) == "decode_step_1_shortlist"


def test_every_length_needs_all_signatures():
    assert signature_names.required_names([1, 5], [16]) == {
        "encode",
        "decode_step_1",
        "decode_step_5",
        "generate",
        "encode_s16",
        "decode_step_1_s16",
        "decode_step_5_s16",
        "generate_s16",
    }
