"""What decides the shape of a model, and which settings do not go together."""

from collections.abc import Iterator
from dataclasses import dataclass

CELLS = ("rnn", "gru", "lstm")
KINDS = (*CELLS, "transformer")
SCORES = ("dot", "general", "concat", "location", "scaled_dot")
ATTENTIONS = ("none", *SCORES, "bahdanau")
ALIGNMENTS = ("global", "local-m", "local-p")
INITIAL_STATES = ("copy", "bridge", "mean", "zeros")


@dataclass(frozen=True)
class Seq2SeqConfig:
    """Settings of an encoder-decoder; they are saved beside the weights.

    Attributes:
        encoder, decoder: "rnn" (Elman), "gru", "lstm" or "transformer"; any goes with any.
        units: Width of memory and of decoder layers; each direction of a recurrent encoder has half of it.
        embedding: Width of the embeddings and of the vector the output layer reads.
        heads, feed_forward: Of Transformer layers; feed_forward None is four times the units.
        attention: "none" (the source is known from the initial state alone), "dot", "general", "concat", "location"
            (Luong et al. 2015, section 3.1), "scaled_dot" (Vaswani et al. 2017) or "bahdanau" (Bahdanau et al. 2015).
            None: "general", and "scaled_dot" beside a Transformer on either side or with layer_norm.
        alignment: "global", or within `window` positions either side of a centre: "local-m" (the decoder's own
            position) or "local-p" (predicted; Luong et al. 2015, section 3.2).
        initial_state: Of a recurrent decoder: "copy" the encoder's final states, a "bridge" from them (tanh of a
            dense layer), the same from the "mean" of the memory, or "zeros". None: the first of these that fits.
        source_length: Tokens that location attention has a score for.
        target_length: Tokens that a Transformer decoder's cache has room for.
    """

    source_vocabulary: int
    target_vocabulary: int
    encoder: str = "lstm"
    decoder: str = "lstm"
    units: int = 256
    embedding: int = 256
    encoder_layers: int = 1
    decoder_layers: int = 1
    bidirectional: bool = True
    residual: bool = False  # recurrent layers above the first add their input to their output
    layer_norm: bool = False  # recurrent layers' outputs are normalised
    heads: int = 4
    feed_forward: int | None = None
    attention: str | None = None
    alignment: str = "global"
    window: int | None = None
    input_feeding: bool = False
    initial_state: str | None = None
    tie_embeddings: bool = True  # output layer = target embedding
    share_embeddings: bool = False  # source embedding = target embedding; one vocabulary for both sides
    dropout: float = 0.0
    variational_dropout: bool = False  # one mask for all steps, on recurrent states too (Gal & Ghahramani 2016)
    source_length: int = 64
    target_length: int = 64

    @property
    def attention_in_use(self) -> str:
        # A normalised memory is several times as long as a recurrent one: unscaled scores would be so large that the
        # first steps fix attention to one place, often a wrong one.
        normalised = self.layer_norm or "transformer" in (self.encoder, self.decoder)
        return self.attention or ("scaled_dot" if normalised else "general")

    @property
    def initial_state_in_use(self) -> str:
        if self.initial_state:
            return self.initial_state
        if self.encoder == "transformer":
            return "mean"
        return "copy" if self.encoder == self.decoder else "bridge"

    def mistakes(self) -> list[str]:
        """Every setting that does not fit the others: what was given, why not, and what is allowed."""
        return [
            *_unknown(self),
            *_transformer(self),
            *_attention(self),
            *_recurrent(self),
            *_embeddings(self),
        ]


def _unknown(config: Seq2SeqConfig) -> Iterator[str]:
    for key, allowed in (
        ("encoder", KINDS),
        ("decoder", KINDS),
        ("attention", (*ATTENTIONS, None)),
        ("alignment", ALIGNMENTS),
        ("initial_state", (*INITIAL_STATES, None)),
    ):
        if (value := getattr(config, key)) not in allowed:
            yield f"{key} = {value!r}: not known; allowed: {', '.join(filter(None, allowed))}"


def _transformer(config: Seq2SeqConfig) -> Iterator[str]:
    kinds = (config.encoder, config.decoder)
    if "transformer" in kinds and config.units % config.heads:
        divisors = [str(n) for n in range(1, min(config.units, 16) + 1) if config.units % n == 0]
        yield (
            f"heads = {config.heads}: does not divide units = {config.units}, and every head has an equal share of "
            f"them; allowed: {', '.join(divisors)}"
        )
    if config.encoder == "transformer" and not config.bidirectional:
        yield "bidirectional = false: a Transformer encoder always sees both sides; allowed: true"
    if kinds == ("transformer", "transformer"):
        for key in ("residual", "layer_norm", "variational_dropout"):
            if getattr(config, key):
                yield f"{key} = true: is of recurrent layers, and this model has none; allowed: false"
    if config.decoder != "transformer":
        return
    if config.attention_in_use != "scaled_dot":
        yield (
            f"attention = {config.attention!r}: every head of a Transformer decoder attends by scaled dot product; "
            "allowed: 'scaled_dot', or none given"
        )
    if config.alignment != "global":
        yield f"alignment = {config.alignment!r}: a Transformer decoder looks at the whole source; allowed: 'global'"
    if config.input_feeding:
        yield (
            "input_feeding = true: a Transformer decoder sees all its earlier steps, nothing is fed back; "
            "allowed: false"
        )
    if config.initial_state:
        yield f"initial_state = {config.initial_state!r}: a Transformer decoder has no recurrent state; leave it out"


def _attention(config: Seq2SeqConfig) -> Iterator[str]:
    local = config.alignment in ("local-m", "local-p")
    if local and config.window is None:
        yield (
            f"alignment = {config.alignment!r}: local attention needs a window, the positions it sees either side "
            "of its centre; allowed: window = 1 or more (Luong et al. used 10)"
        )
    if config.window is not None and config.window < 1:
        yield f"window = {config.window}: sees nothing; allowed: 1 or more"
    if config.window is not None and not local:
        yield f"window = {config.window}: global attention has no window; allowed: alignment = 'local-m' or 'local-p'"
    if config.decoder == "transformer":
        return
    if config.attention == "none":
        if local:
            yield f"alignment = {config.alignment!r}: there is no attention to align; allowed: 'global'"
        if config.input_feeding:
            yield "input_feeding = true: without attention there is no attentional vector to feed; allowed: false"
        if config.initial_state == "zeros":
            yield (
                "initial_state = 'zeros': without attention the initial state is all a decoder knows of its source; "
                "allowed: 'copy', 'bridge', 'mean'"
            )
    if config.attention == "bahdanau" and config.input_feeding:
        yield "input_feeding = true: Bahdanau's decoder already takes its context as input; allowed: false"


def _recurrent(config: Seq2SeqConfig) -> Iterator[str]:
    if config.encoder in CELLS and config.bidirectional and config.units % 2:
        yield f"units = {config.units}: each of two directions has half of them; allowed: an even number"
    if config.decoder not in CELLS:
        return
    if config.initial_state == "copy" and config.encoder != config.decoder:
        yield (
            f"initial_state = 'copy': states of a {config.encoder} encoder are not those of a {config.decoder} "
            "decoder; allowed: 'bridge' (recurrent encoder), 'mean', 'zeros'"
        )
    if config.initial_state == "bridge" and config.encoder == "transformer":
        yield "initial_state = 'bridge': a Transformer encoder has no final state; allowed: 'mean', 'zeros'"


def _embeddings(config: Seq2SeqConfig) -> Iterator[str]:
    if config.share_embeddings and config.source_vocabulary != config.target_vocabulary:
        yield (
            f"share_embeddings = true: needs one vocabulary, and there are {config.source_vocabulary} source and "
            f"{config.target_vocabulary} target tokens; allowed: false, or one tokenizer for both sides"
        )
