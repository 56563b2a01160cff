"""The bounds of one answer in one short line, for planners that were trained on the language, such as storybook.

It is the last line of the last user's turn. The corpus and the evaluation of `training` write the same line by this very function, so a
change here asks for a training. Whatever is forced or forbidden is so by the grammar; the line makes the planner want it.
"""

from __future__ import annotations

from planner_service.language import Language


def brief(language: Language) -> str:
    """`[2 to 4 pictures from img3, 128x128 160x96]`: how many, the first one's id (the earlier count up to it), the sizes it may write."""
    if language.most == 0:
        return "[0 pictures]"
    exact = language.least == language.most
    count = str(language.most) if exact else f"{language.least} to {language.most}"
    noun = "picture" if language.most == 1 else "pictures"
    text = "" if language.has_text else " without text"
    sizes = f", {' '.join(language.sizes)}" if language.sizes else ""
    return f"[{count} {noun} from {language.drawn(0)}{text}{sizes}]"
