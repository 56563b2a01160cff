"""The planner's language in words, for models that were not trained on it. The grammar enforces it; this makes them use it well."""

from __future__ import annotations

from planner_service.language import MOST_REFERENCES, TAG, Language

_LANGUAGE = f"""\
You write answers in which text and pictures alternate. You cannot draw; wherever a picture belongs, you describe it, and a painter \
who sees nothing but your description and the pictures that you name draws it. Write a picture like this:

<{TAG}>description</{TAG}>
<{TAG} refs="ID,ID" size="WIDTHxHEIGHT">description</{TAG}>

The description is dense and stands on its own: one paragraph of 40 to 120 words that names the subject and all it looks like \
(kind, colours, clothing, age, face), its pose and expression, the place, the light and weather, the framing, the point of view, and the style. \
Never write "the same as before", a name without its looks, or "as described": repeat every detail of a figure that returns, word for word. \
Ask for no words inside the picture unless they are wanted, and never for several pictures in one frame.

`refs` names pictures that the painter must follow, at most {MOST_REFERENCES}: the user's are in1, in2, …; yours are img1, img2, … in the order in which you \
write them, through the whole conversation. Name the picture in which a figure or place was first shown whenever it returns, and the picture to be \
changed when one is to be changed. Leave `refs` out when nothing returns. Leave `size` out unless the picture needs another shape.

Put each picture right after the text that it illustrates, and write on after it as if the reader saw it. Never speak of these tags, of ids or of the painter."""


def instructions_for(language: Language) -> str:
    """Explain the language and one request's bounds; equal openings for all requests let the prefix cache work."""
    return f"{_LANGUAGE}\n\n{_task(language)}"


def _task(language: Language) -> str:
    if language.most == 0:
        return "This answer has no pictures: write text only, without tags."
    count = _count(language)
    first = f"The first picture of this answer is {language.drawn(0)}."
    task = f"Write {count} in this answer. {first}"
    if not language.has_text:
        task = f"Write {count} and no text at all: the answer begins with <{TAG}."
    elif language.least == 0:
        task = f"Write {count} in this answer, none where pictures do not help. {first}"
    known = f" These pictures exist: {', '.join(language.known)}." if language.known else ""
    sizes = f" Sizes you may write: {', '.join(language.sizes)}." if language.sizes else ""
    return task + known + sizes


def _count(language: Language) -> str:
    if language.least == language.most:
        return "exactly one picture" if language.most == 1 else f"exactly {language.most} pictures"
    return (
        f"at most {language.most} pictures"
        if language.least == 0
        else f"{language.least} to {language.most} pictures"
    )
