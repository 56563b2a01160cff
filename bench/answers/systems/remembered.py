"""An asker that asks nothing twice: what was answered before is taken from where it was kept. What failed is asked anew."""

from __future__ import annotations

from bench.answers.answer import Answer, restored, stored
from bench.answers.keep import Kept, key
from bench.answers.systems.system import Asker, Conversation, System


class Remembered:
    """Asks, and keeps what was answered."""

    def __init__(self, asker: Asker, kept: Kept) -> None:
        self._asker, self._kept = asker, kept

    @property
    def system(self) -> System:
        """What answers."""
        return self._asker.system

    async def ask(self, said: Conversation) -> Answer:
        """The answer to the last turn; raises CannotAsk."""
        name = self.key(said)
        if (before := self._kept.get(name)) is not None:
            return restored(before)
        answer = await self._asker.ask(said)
        if answer.outcome != "failed":
            self._kept.put(name, stored(answer))
        return answer

    def key(self, said: Conversation) -> str:
        """Under which the answer is kept."""
        turns = [[turn.text, *(image.png for image in turn.images)] for turn in said.turns]
        return key(
            self.system.identity, turns, [stored(answer) for answer in said.answers], said.seed, said.run
        )
