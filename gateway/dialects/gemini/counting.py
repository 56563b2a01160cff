"""About how many tokens a request has, for clients that ask before they send it."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from gateway.dialects.gemini.request import Contents, GenerateContent, Part

# Of English in the vocabularies of common planners; only the planner itself counts exactly.
CHARACTERS_PER_TOKEN = 4


class CountTokens(GenerateContent):
    """What to count: as in a request, or a request itself."""

    contents: Annotated[Contents, Field(description="What is to be counted.")] = ()
    generate_content_request: GenerateContent | None = Field(default=None, description="The same, whole.")


def about_tokens(body: CountTokens) -> int:
    """How many tokens the texts of a request have, more or less."""
    asked = body.generate_content_request or body
    said = [*asked.contents, *([asked.system_instruction] if asked.system_instruction else [])]
    parts = [part for content in said for part in content.parts if isinstance(part, Part)]
    characters = sum(len(part.text or "") for part in parts)
    return math.ceil(characters / CHARACTERS_PER_TOKEN)
