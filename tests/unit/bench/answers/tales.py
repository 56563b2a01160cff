"""Answers of a planner and a visualizer that make no mistake, drawn by code; and the same made worse on purpose."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from bench.answers.answer import Answer, Picture, Text
from bench.answers.cases.case import Case
from bench.answers.cases.loading import WORLD, load
from bench.answers.judging.oracle import judged
from bench.answers.judging.verdict import scores
from bench.answers.measures import measure
from bench.answers.standing import Row
from bench.answers.systems.system import System
from training.drawing import draw
from training.world import AT_PLACE, PLACES, SIZES, Identity, Scene, describe

SYSTEM = System(name="drawn", url="http://nowhere", model="drawn")
CASES = tuple(case for case in load([WORLD]) if case.category == "story" and 3 <= case.pictures.least <= 5)


@dataclass(frozen=True)
class Page:
    """A text and the scene that is to be drawn below it."""

    text: str
    scene: Scene


Planner = Callable[[list[Page], random.Random], list[Page]]


def faithful(pages: list[Page], rng: random.Random) -> list[Page]:
    return pages


def shuffled(pages: list[Page], rng: random.Random) -> list[Page]:
    """The descriptions stand at other texts."""
    scenes = [page.scene for page in pages]
    return [replace(page, scene=scene) for page, scene in zip(pages, scenes[1:] + scenes[:1], strict=True)]


def unguided(pages: list[Page], rng: random.Random) -> list[Page]:
    """Without references, every picture has a character of its own."""
    return [replace(page, scene=replace(page.scene, identity=Identity.sample(rng))) for page in pages]


def one_short(pages: list[Page], rng: random.Random) -> list[Page]:
    """A picture is left out; its text stays."""
    return pages[:-1]


def row(case: Case, run: int, planner: Planner = faithful) -> Row:
    answer = answered(case, run, planner)
    judgement = judged(case, answer)
    return Row(
        system=planner.__name__,
        case=case.id,
        category=case.category,
        run=run,
        scores=scores(judgement.verdicts),
        verdicts=judgement.verdicts,
        remark=judgement.remark,
        refused=None,
        measures=measure(case, answer, SYSTEM),
        kept=f"{case.id} {run}",
    )


def answered(case: Case, run: int, planner: Planner = faithful) -> Answer:
    rng = random.Random(f"{case.id} {run}")
    pages = _pages(case, rng)
    told = planner(pages, random.Random(f"{case.id} {run} worse"))
    parts: list[Text | Picture] = []
    for page in told:
        picture = Picture(png(page.scene), description=describe(page.scene, random.Random(0)))
        parts += [Text(page.text), picture]
    left = [page.text for page in pages[len(told) :]]
    return Answer((*parts, Text(" ".join([*left, "The end."]))), "completed")


def png(scene: Scene) -> bytes:
    out = io.BytesIO()
    draw(scene, SIZES[0], random.Random(0)).save(out, "PNG")
    return out.getvalue()


def _pages(case: Case, rng: random.Random) -> list[Page]:
    """As the case wishes: what every picture is to show, what one of them, and words that the text must have."""
    wishes = [(one.check, one.told) for one in case.rubric["adherence"]]
    always = {name: value for check, told in wishes if check == "every" for name, value in told.items()}
    once = {name: value for check, told in wishes if check == "some" for name, value in told.items()}
    words = " ".join(told["words"] for check, told in wishes if check == "says")
    hero = Scene.sample(rng)
    places = rng.sample(PLACES, case.pictures.least)
    scenes = [
        replace(
            Scene.sample(rng, hero.animal, hero.identity),
            garment=hero.garment,
            colour=hero.colour,
            place=place,
        )
        for place in places
    ]
    scenes = [replace(scene, **always) for scene in scenes]
    if once:
        scenes[-1] = replace(scenes[-1], **once)
    return [Page(f"{words}: the {scene.animal} was {AT_PLACE[scene.place][0]}.", scene) for scene in scenes]
