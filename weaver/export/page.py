"""An answer as one page that needs nothing beside it: its pictures are inside, and so is the timeline of how it came about."""

from __future__ import annotations

from weaver.client.answer import Answer
from weaver.export.plot import Plot, plot
from weaver.export.story import data_url, story
from weaver.export.templates import filled


def page(answer: Answer, prompt: str | None = None) -> str:
    """The page's HTML; `prompt` is what the answer answers."""
    return filled(
        "page.html.j2",
        story=story(answer, prompt, data_url),
        plot=_plot(answer),
        efficiency=answer.timeline and answer.timeline.overlap_efficiency,
    )


def _plot(answer: Answer) -> Plot | None:
    """None for an answer that never was planned, or has not ended."""
    times = answer.timeline
    if times is None or times.plan_started is None or times.ended is None:
        return None
    return plot(times, [picture.id for picture in answer.pictures])
