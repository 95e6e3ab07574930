import numpy as np


def decoder_steps(model, source, target_inputs):
    """The outputs of each step of a decoder that is given a target."""
    encoded = {name: np.array(value) for name, value in model.encoder(source).items()}
    for token_ids in target_inputs.T:
        outputs = model.decoder_step({"token_ids": token_ids, **encoded})
        encoded |= {name: np.array(outputs[name]) for name in encoded if name.startswith("state_")}
        yield {name: np.array(value) for name, value in outputs.items()}
