from seq2edge.export.tflite.sensitivity import suggest_float, table


def test_the_cost_of_every_int8_weight_is_measured(trained_run):
    costs = suggest_float(trained_run, quiet=True)
    base = costs[-1]
    assert (base.name, base.extra_bytes) == ("", 0)
    assert base.error > 0
    assert "target_embedding/embeddings" in [cost.name for cost in costs]
    assert all(cost.extra_bytes > 0 for cost in costs[:-1])
    assert min(cost.error for cost in costs) < base.error
    assert len(table(costs).splitlines()) == len(costs) + 1
