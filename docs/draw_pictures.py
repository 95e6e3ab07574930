"""Draws the pictures of docs/how-it-works.md from the chatbot that is installed with seq2edge.

    python docs/draw_pictures.py

It writes docs/images/*.svg. Run it again after the installed bundle has changed.
"""

from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

import seq2edge
from seq2edge.device.inspection import InspectedPart

IMAGES = Path(__file__).parent / "images"
SENTENCE = "I had a fight with my best friend"
BLUE, ORANGE, GREY = "#1f77b4", "#d95f02", "#999999"
plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "seq2edge", "font.family": "sans-serif", "font.size": 11})


def main() -> None:
    (part,) = seq2edge.load().inspect(SENTENCE, beam=3).parts
    IMAGES.mkdir(exist_ok=True)
    save("tokens", tokens(part), (9, 1.6))
    save("attention", attention(part), (9, 3.6))
    save("next-tokens", next_tokens(part), (9, 3.4))
    save("beam", beam(part), (9, 3.6))


def save(name: str, draw, size: tuple[float, float]) -> None:
    figure, axes = plt.subplots(figsize=size, layout="constrained")
    draw(axes)
    path = IMAGES / f"{name}.svg"
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)
    print(f"{path}: {path.stat().st_size:,} bytes")


def tokens(part: InspectedPart):
    """The tokens of the source in a row, above the words they belong to."""

    def draw(axes: Axes) -> None:
        axes.set_axis_off()
        axes.set_xlim(-0.5, len(part.source_tokens) - 0.5)
        axes.set_ylim(-1.2, 0.8)
        for place, token in enumerate(part.source_tokens):
            axes.text(place, 0.3, token, ha="center", va="center", color=BLUE, size=9 if len(token) > 1 else 12)
        for word in part.source_words:
            axes.plot([word.start - 0.35, word.stop - 0.65], [-0.25, -0.25], color=GREY, linewidth=1)
            axes.text((word.start + word.stop - 1) / 2, -0.75, word.text, ha="center", va="center")

    return draw


def attention(part: InspectedPart):
    """The attention of each target word over the source words."""

    def draw(axes: Axes) -> None:
        weights = part.word_attention
        axes.imshow(weights, cmap="Blues", vmin=0, aspect="auto")
        axes.set_xticks(range(len(part.source_words)), [word.text for word in part.source_words])
        axes.set_yticks(range(len(part.target_words)), [word.text for word in part.target_words])
        axes.tick_params(length=0)
        for (row, column), weight in np.ndenumerate(weights):
            color = "white" if weight > 0.6 * weights.max() else "black"
            axes.text(column, row, f"{weight:.2f}", ha="center", va="center", color=color, size=9)

    return draw


def next_tokens(part: InspectedPart):
    """The ten most likely first tokens with their probabilities."""

    def draw(axes: Axes) -> None:
        first = part.trace.steps[0].next_tokens[0]
        names = [part.tokens[token].replace("▁", " ").strip() for token in first.token_ids]
        shares = np.exp(first.log_probs)
        axes.barh(names, shares, color=[ORANGE, *[BLUE] * (len(names) - 1)])
        axes.invert_yaxis()
        axes.set_xscale("log")
        axes.set_xticks([0.001, 0.01, 0.1, 1], ["0.1%", "1%", "10%", "100%"])
        axes.set_xlabel("probability of the first token, on a logarithmic axis")
        axes.set_xlim(right=3)
        for place, share in enumerate(shares):
            axes.text(share * 1.15, place, f"{share:.2%}", va="center", size=9)
        axes.spines[["top", "right"]].set_visible(False)

    return draw


def beam(part: InspectedPart):
    """What the beam held after each step: the winner in orange, the rest in grey."""

    def draw(axes: Axes) -> None:
        axes.set_axis_off()
        best = {node.id for node in part.trace.path(part.trace.best)}
        place = {0: (0.0, 0.0)}
        axes.text(0, 0, "start", ha="left", va="center", color=GREY)
        for depth, step in enumerate(part.trace.steps, 1):
            kept = {node.id: node for node in (*step.live, *step.finished)}
            for rank, node in enumerate(sorted(kept.values(), key=lambda node: -node.score)):
                if node.parent not in place:
                    continue
                place[node.id] = (depth, -rank)
                color = ORANGE if node.id in best else GREY
                x, y = place[node.parent]
                start = x + (0.7 if node.parent else 0.25)  # behind the text
                axes.plot([start, depth - 0.02], [y, -rank], color=color, linewidth=1)
                token = part.tokens[node.token_id].replace("▁", " ").strip()
                label = token if len(token) <= 15 else f"{token[:14]}…"
                axes.text(depth, -rank, f"{label}\n{node.score:.2f}", va="center", color=color, size=8)
        axes.set_xlim(0, len(part.trace.steps) + 0.9)
        axes.set_ylim(-max(-y for _, y in place.values()) - 0.7, 0.7)

    return draw


if __name__ == "__main__":
    main()
