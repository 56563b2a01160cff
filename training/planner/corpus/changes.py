"""Changes to a picture: how people ask for one, and the scene afterwards, in which all else is as before."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Final

from training import world
from training.planner.corpus.author import PRONOUNS, Author, Wordings
from training.planner.corpus.wordings import place
from training.planner.language import told


@dataclass(frozen=True, slots=True)
class Change:
    """One change to a picture: how it is asked for, and the scene afterwards."""

    ask: str
    scene: world.Scene


# fmt: off
GIVE: Final = Wordings(
    ("give {them} {worn}", "put {worn} on {them}", "now with {worn}", "let {them} wear {worn}", "{they} should wear {worn}",
     "add {worn}", "dress {them} in {worn}", "change it to {worn}", "can {they} wear {worn}", "I want {them} in {worn}",
     "have {them} wear {worn}", "show {them} with {worn}", "I'd like {them} with {worn}", "{them} with {worn} please", "let {them} have {worn}",
     "hand {them} {worn}", "get {them} {worn}", "try {worn}", "how about {worn}", "I would like {them} to wear {worn}", "may {they} have {worn}",
     "{worn} for {them}", "and {worn} please", "equip {them} with {worn}", "draw {them} with {worn}", "{they} could wear {worn}", "now {worn}"),
    ("make {them} wear {worn}", "let us see {them} with {worn}"),
)
TAKE_OFF: Final = Wordings(
    ("take off {their} {garment}", "remove the {garment}", "without the {garment}", "no {garment} please", "take away {their} {garment}",
     "drop the {garment}", "the {garment} should go", "I do not want the {garment}", "delete the {garment}", "{them} without {their} {garment}",
     "no more {garment}", "lose the {garment}", "skip the {garment}", "erase the {garment}", "the {garment} must go", "hide the {garment}",
     "do away with the {garment}", "take the {garment} off", "{they} should not wear the {garment}", "free {them} of the {garment}", "omit the {garment}",
     "I don't like the {garment}", "clear away the {garment}", "ditch the {garment}", "draw {them} without the {garment}", "get the {garment} off"),
    ("get rid of the {garment}", "leave out the {garment}"),
)
RECOLOUR: Final = Wordings(
    ("make the {garment} {colour}", "paint the {garment} {colour}", "the {garment} should be {colour}", "a {colour} {garment} instead",
     "change the {garment} to {colour}", "{their} {garment} in {colour}", "colour the {garment} {colour}", "I want the {garment} in {colour}",
     "I'd like a {colour} {garment}", "let the {garment} be {colour}", "I'd rather have a {colour} {garment}",
     "dye the {garment} {colour}", "a {garment} in {colour} please", "how about a {colour} {garment}", "switch the {garment} to {colour}", "make it a {colour} {garment}",
     "recolour the {garment} to {colour}", "get the {garment} {colour}", "{colour} for the {garment}", "I want a {colour} {garment} now", "the {garment} in {colour}"),
    ("turn the {garment} {colour}", "I'd prefer the {garment} in {colour}"),
)
MOVE: Final = Wordings(
    ("move {them} {place}", "the same {place}", "put {them} {place}", "now {place}", "but {place}", "show {them} {place}",
     "place {them} {place}", "make it {place}", "let {them} be {place}", "take {them} to a spot {place}",
     "send {them} {place}", "how about {place}", "I want {them} {place}", "{them} {place} please", "{place} instead", "let {them} go and be {place}",
     "draw {them} {place}", "get {them} {place}", "carry {them} off, {place}", "change the place, {place} please", "{they} should be {place}", "set it {place}",
     "what about {place}", "the picture again, {place}"),
    ("bring {them} over, {place}", "have {them} {place} instead"),
)
RELIGHT: Final = {
    "day": Wordings(("make it day", "make it a sunny day", "now in the daytime", "let the sun shine", "in daylight", "change it to a sunny day", "I want it by day", "let it become day", "turn on the sun", "switch to daylight", "set it on a sunny day", "bring back the sun", "draw it by day"), ("turn it into a bright day",)),
    "sunset": Wordings(("make it sunset", "at sunset", "now in the evening", "let the sun go down", "make it dusk", "change it to sunset", "I want it at sunset", "let it become evening", "with a sunset", "switch to sunset", "set it at sunset", "change the time to sunset", "draw it at dusk"), ("turn it into a sunset",)),
    "night": Wordings(("make it night", "at night", "now with stars", "make it dark", "let it be night", "change it to night", "I want it at night", "let it become night", "with a night sky", "switch to night", "set it at night", "change the time to night", "draw it by night"), ("turn it into night",)),
    "rain": Wordings(("make it rain", "let it rain", "in the rain", "now with rain", "make it rainy", "change it to rain", "I want it in the rain", "let it become rainy", "with rain", "switch to rain", "set it in the rain", "change the weather to rain", "draw it on a rainy day"), ("turn it into a rainy day",)),
}
REPOSE: Final = {
    "standing": Wordings(("let {them} stand", "make {them} stand up", "{they} should stand", "standing please", "I want {them} to stand", "show {them} standing", "get {them} to stand", "can {they} stand", "tell {them} to stand", "{them} standing", "draw {them} standing", "now standing"), ("have {them} stand",)),
    "sitting": Wordings(("let {them} sit", "make {them} sit down", "{they} should sit", "sitting please", "I want {them} to sit", "show {them} sitting", "get {them} to sit", "can {they} sit", "tell {them} to sit", "{them} sitting", "draw {them} sitting", "now sitting"), ("have {them} sit",)),
    "jumping": Wordings(("let {them} jump", "make {them} jump", "{they} should jump", "jumping please", "I want {them} to jump", "show {them} jumping", "get {them} to jump", "can {they} jump", "tell {them} to jump", "{them} jumping", "draw {them} jumping", "now jumping"), ("have {them} jump",)),
}
SHIFT: Final = Wordings(
    ("move {them} {position}", "put {them} {position}", "{them} {position} please", "place {them} {position}", "let {them} be {position}",
     "I want {them} {position}", "shift {them} {position}", "show {them} {position}", "draw {them} {position}", "{they} should be {position}", "get {them} {position}"), ("have {them} {position}",)
)
SWAP: Final = Wordings(
    ("with {thing} instead of the {old}", "swap the {old} for {thing}", "replace the {old} with {thing}", "{thing} instead of the {old}",
     "change the {old} into {thing}", "turn the {old} into {thing}", "trade the {old} for {thing}", "switch the {old} to {thing}",
     "use {thing} in place of the {old}", "{thing}, not the {old}", "give me {thing} for the {old}", "I want {thing} instead of the {old}",
     "make the {old} {thing}", "put {thing} where the {old} is", "take {thing} and not the {old}", "barter the {old} for {thing}", "change the {old} for {thing}"),
    ("exchange the {old} for {thing}",),
)
CHANGES: Final = {"garment": 0.36, "place": 0.18, "sky": 0.16, "pose": 0.1, "position": 0.06, "thing": 0.14}
# fmt: on


def change(author: Author, scene: world.Scene, them: str, *, known: bool = True) -> Change:
    """A change of one attribute. `them` is a pronoun or a noun; an old value is named only where it is `known`."""
    they, _, their = next((row for row in PRONOUNS if row[1] == them), (them, them, f"{them}'s"))
    while True:
        attribute = author.weighted(CHANGES)
        if attribute == "garment":
            asked, changed = _dress(author, scene, known=known)
        elif attribute == "thing" and not known:
            continue
        else:
            asked, changed = _alter(author, scene, attribute)
        if author.may_show(changed.animal, changed.garment, changed.colour) and told_scene(
            changed
        ) != told_scene(scene):
            return Change(
                asked.replace("{them}", them).replace("{they}", they).replace("{their}", their), changed
            )


def _dress(author: Author, scene: world.Scene, *, known: bool) -> tuple[str, world.Scene]:
    if scene.garment != "none" and known and author.chance(0.25):
        return author.say(TAKE_OFF).replace("{garment}", scene.garment), replace(scene, garment="none")
    if scene.garment != "none" and known and author.chance(0.35):
        colour = author.other(world.COLOURS, scene.colour)
        return author.say(RECOLOUR).replace("{garment}", scene.garment).replace("{colour}", colour), replace(
            scene, colour=colour
        )
    garment, colour = author.pick(list(world.WEARING)), author.pick(world.COLOURS)
    worn = world.WEARING[garment].format(colour=colour)
    return author.say(GIVE).replace("{worn}", worn), replace(scene, garment=garment, colour=colour)


def _alter(author: Author, scene: world.Scene, attribute: str) -> tuple[str, world.Scene]:
    match attribute:
        case "place":
            there = author.other(world.PLACES, scene.place)
            return author.say(MOVE).replace("{place}", place(author, there)), replace(scene, place=there)
        case "sky":
            sky = author.other(world.SKIES, scene.sky)
            return author.say(RELIGHT[sky]), replace(scene, sky=sky)
        case "pose":
            pose = author.other(world.POSES, scene.pose)
            return author.say(REPOSE[pose]), replace(scene, pose=pose)
        case "position":
            position = author.other(world.POSITIONS, scene.position)
            where = author.pick(world.AT_POSITION[position])
            return author.say(SHIFT).replace("{position}", where), replace(scene, position=position)
        case _:
            thing = author.other(world.THINGS, scene.thing)
            ask = author.say(SWAP).replace("{old}", scene.thing).replace("{thing}", world.with_article(thing))
            return ask, replace(scene, thing=thing)


def scene_told(description: str) -> world.Scene:
    """The scene that a description tells; who it is, which no description tells, is anybody."""
    attributes = {"garment": "none", "colour": world.COLOURS[0]} | told(description)
    return world.Scene(**attributes, identity=world.Identity.sample(random.Random(0)))


def told_scene(scene: world.Scene) -> tuple[tuple[str, str], ...]:
    """The scene's told attributes, in the form in which a description's are read back."""
    return tuple(sorted(told(world.describe(scene, random.Random(0))).items()))
