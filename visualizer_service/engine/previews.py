"""When a task shows its previews. Knows step counts only."""

from __future__ import annotations


def preview_steps(steps: int, previews: int) -> tuple[int, ...]:
    """Steps after which a preview is due, evenly spread and before the last; fewer than asked when the steps run out.

    Two previews come at a third and at two thirds of the steps.
    """
    due = (round(steps * (index + 1) / (previews + 1)) for index in range(previews))
    return tuple(sorted({step for step in due if 0 < step < steps}))
