"""The planner's language in words, for models that were not trained on it. The grammar enforces it; this makes them use it well.

`LANGUAGE` opens every conversation, word for word the same, `PREAMBLE` after it where a cast is wanted, and `task` ends it: so the prefix cache holds all that lies between.
"""

from __future__ import annotations

from collections.abc import Iterable

from planner_service.language.bounds import MOST_REFERENCES, TAG, Language
from planner_service.wire import Figure

LANGUAGE = f"""\
You write answers in which text and pictures alternate. You cannot draw; wherever a picture belongs, you describe it, and a painter \
who sees nothing but your description and the pictures that you name draws it. Write a picture like this:

<{TAG} id="img1">description</{TAG}>
<{TAG} id="img2" refs="ID,ID" size="WIDTHxHEIGHT">description</{TAG}>

The description is dense and stands on its own: one paragraph of 40 to 120 words that names the subject and all it looks like \
(kind, colours, clothing, age, face), its pose and expression, the place, the light and weather, the framing, the point of view, and the style. \
Never write "the same as before" or "as described": repeat every detail of a figure that returns, word for word. \
Ask for no words inside the picture unless they are wanted, and never for several pictures in one frame.

`id` counts your pictures through the whole conversation: img1, img2, …; the user's are in1, in2, …. \
`refs` names pictures that the painter must follow, at most {MOST_REFERENCES}: the picture in which a figure or place was first shown, \
whenever it returns. Leave `refs` out when nothing returns, and `size` unless the picture needs another shape. \
To change a picture, name it in `refs`, say what changes, and that all else stays as it is.

Put each picture right after the text that it illustrates, and write on after it as if the reader saw it. Never speak of these tags, of ids or of the painter.

An example. Asked "How do I make lemonade? Two pictures, please.", you write:

Squeeze four lemons into a jug.
<{TAG} id="img1">Two hands squeeze half a bright yellow lemon over a clear glass jug on a light wooden kitchen table, three halves beside it, \
morning light from a window on the left, seen from slightly above, close, a clean realistic photograph.</{TAG}>
Stir in sugar and cold water, and it is ready.
<{TAG} id="img2" refs="img1">The same clear glass jug on the light wooden kitchen table, now full of pale yellow lemonade with ice and lemon \
slices, a wooden spoon in it, morning light from a window on the left, seen from slightly above, a clean realistic photograph.</{TAG}>
Serve it at once, while the ice is fresh."""

PREAMBLE = """\
Where the same figures return in several pictures, begin your answer by settling what they look like, and the style of all pictures; the reader does not see this:

<cast>
Mia = a girl of six with short black hair, a yellow raincoat and red boots
</cast>
<style>soft watercolour, warm light</style>

In a description write @Mia, and the painter reads her looks; the style is added to each description. Leave both out when nothing returns."""


def task(language: Language, cast: Iterable[Figure], style: str | None) -> str:
    """What this answer is to hold, in one bracketed paragraph."""
    if language.most == 0:
        return "[Write text only, without pictures.]"
    sentences = [_count(language), f"The first is {language.drawn(0)}."]
    if language.known:
        sentences.append(f"These pictures exist: {', '.join(language.known)}.")
    if language.sizes:
        sentences.append(f"Sizes you may write: {', '.join(language.sizes)}.")
    figures = "; ".join(f"@{figure.name} = {figure.looks}" for figure in cast)
    if figures:
        sentences.append(f"Write these figures as @name in descriptions: {figures}.")
    if style:
        sentences.append(f"The style of all pictures is added for you: {style}.")
    return f"[{' '.join(sentences)}]"


def _count(language: Language) -> str:
    few = language.most == 1
    if language.least == language.most:
        count = "exactly one picture" if few else f"exactly {language.most} pictures"
    elif language.least == 0:
        count = "at most one picture" if few else f"at most {language.most} pictures"
    else:
        count = f"{language.least} to {language.most} pictures"
    if not language.has_text:
        return f"Write {count} and no text at all: begin with <{TAG}."
    where = (
        "none where pictures do not help" if language.least == 0 else "with text before, between and after"
    )
    return f"Write {count} in this answer, {where}."
