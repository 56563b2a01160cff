"""Illustrated stories of the corpus: many ways to ask for one, with and without a count, and the tale told."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from training.planner.corpus.amounts import draw_amount
from training.planner.corpus.author import Author, Wordings
from training.planner.corpus.subjects import Subject, name_subject
from training.planner.corpus.tales import Tale, draw_tale, tell
from training.planner.corpus.wordings import (
    NUMBERS,
    SIZE_WISHES,
    capital,
    coined,
    loosely_typed,
    number,
    pictures,
    unheard,
)
from training.planner.document import FREE, MOST_PICTURES, Bounds, Document, Wish, chat

COUNTS: Final = {1: 0.09, 2: 0.16, 3: 0.19, 4: 0.17, 5: 0.14, 6: 0.13, 7: 0.06, 8: 0.06}
UNASKED_COUNTS: Final = {3: 0.5, 4: 0.35, 5: 0.15}

# fmt: off
VERBS: Final = Wordings(
    ("Tell me", "Tell", "Write", "Write me", "Make", "Make me", "Give me", "Create", "I want", "I would like", "I'd love",
     "Can you tell me", "Could you write", "Please tell me", "Show me", "Please make", "Can I have", "Tell us", "Please write",
     "We want", "Please do", "Draw", "Draw me", "Could you tell us", "I need", "How about", "Let's have", "Invent", "Think of", "Would you tell me",
     "Produce", "Craft", "Prepare", "Imagine", "Read me", "May I have", "I'm looking for", "Could I get", "Will you tell me", "Would you write",
     "We need", "Now tell me", "Begin", "Start", "Let us read", "Spin", "Publish", "Put together", "Bring me", "Deliver", "Share"),
    ("Compose", "Please come up with", "Let me hear", "Would you make me", "Please give us", "Narrate", "I wish for"),
)
NOUNS: Final = Wordings(
    ("a story", "a story", "a tale", "a short story", "a picture story", "a bedtime story", "a picture book", "a little story",
     "an illustrated story", "a fairy tale", "an adventure", "a comic", "a storybook", "a sweet story", "a good night story",
     "a story with pictures", "a tale with pictures", "the story", "the tale"),
    ("an illustrated tale", "a small story", "a lovely story", "a picture tale", "a fable"),
)
TAILS: Final = Wordings(
    (" with {pics}", " with {pics}", ", with {pics}", " in {pics}", " in {pics}", " using {pics}", ", {pics} please",
     " ({pics})", ". It should have {pics}", ". Use {pics}", ". I want exactly {pics}", " told in {pics}", " and draw {pics}",
     ". Illustrate it with {pics}", ". {pics}", ", {pics}", " - {pics}", " and {pics}", " with exactly {pics}", ", in {pics}",
     ". Please add {pics}", " plus {pics}", " for which you draw {pics}", ". Draw {pics} for it", " consisting of {pics}", " split into {pics}",
     " which has {pics}", " that contains {pics}", " that includes {pics}", " which uses {pics}", " built from {pics}", " cut into {pics}",
     " told across {pics}", " illustrated by {pics}", " decorated with {pics}", " along with {pics}", " together with {pics}",
     ". I'd love {pics}", ". I'd like to see {pics}", ". I'd want {pics} too", ". There must be {pics}", ". Let it have {pics}", ". It needs {pics}", ". I expect {pics}", ". Have {pics} in it",
     " running over {pics}", " which takes {pics}", " for {pics}", " of {pics}", " shown in {pics}"),
    (" that has {pics}", ". I'd like {pics} with it", ". Make it {pics} long", " spread over {pics}", " with {pics} in it",
     " made of {pics}", ". There should be {pics}", " accompanied by {pics}"),
)
FORMS: Final = Wordings(
    ("{verb} {noun} about {subject}{tail}",) * 5
    + ("{verb} {noun} of {subject}{tail}", "{Noun} about {subject}{tail}", "{verb} {noun} in {pics} about {subject}",
       "{verb} {noun} with {pics} about {subject}", "{verb} a {n}-picture story about {subject}", "{Pics} about {subject}",
       "Make {pics} that tell {noun} about {subject}", "{verb} {noun}{tail} about {subject}", "{Subject}: {noun}{tail}",
       "{verb} {noun} starring {subject}{tail}", "{Noun} with {pics} about {subject}", "A story about {subject}{tail}",
       "{verb} a {n}-panel comic about {subject}", "{verb} a {n}-part story about {subject}", "{verb} {noun} about {subject} in {n} parts",
       "{verb} {noun} about {subject}, with {n} pages", "{verb} a story in {n} scenes about {subject}", "{n} pictures about {subject}",
       "{subject}, {pics}", "{Pics} that tell of {subject}", "{Pics} for {noun} about {subject}", "For {subject}: {noun}{tail}", "{verb} {noun} all about {subject}{tail}", "{verb} {noun} for which you draw {pics}. It is about {subject}"),
    ("{verb} {noun} featuring {subject}{tail}", "With {pics}, tell {noun} about {subject}", "{verb} {noun} on {subject}{tail}",
     "{verb} {noun} about {subject}{tail}", "{Noun}{tail}, about {subject}"),
)
ASIDES: Final = Wordings(
    ("It is for my {age} year old daughter.", "My son is {age}.", "My kids are {age} and they love stories.", "Hello!", "Hi.",
     "It is bedtime.", "Please.", "Thank you!", "I have {age} minutes.", "Keep it short.", "Make it nice.", "Surprise me.",
     "For {age} children.", "Thanks.", "Not too scary please."),
    ("My niece is {age} years old.", "Good evening.", "Be gentle."),
)
WITHOUT: Final = Wordings(
    (", without pictures", ", no pictures please", " in words only", ". Only text please", ", but no images", " without any drawings",
     ", just text", ". Do not draw anything", " (text only)", ". No pictures",
     ". I do not want pictures", " without images", ". No images please", ". Leave out the pictures", ", only words", ". Skip the pictures",
     ". I want just the text", ", not illustrated", ". It needs no pictures", ". I want only words", " and no drawings",
     ", all in words", ", only in words", " in words alone", ", entirely as text", ", just told in words", " in plain words", " without a single picture",
     " with no illustrations", ". I want no drawings", " with not one image", " with zero pictures", " without any images whatsoever", ". Not a single drawing", " - no images", ", no drawings", ", no illustrations please", ". Without illustrations please", ". I can't see pictures", " and no pictures", ". Show no images", ". Just write it down", ", simply as text", ". Words only", " as plain text", " but draw nothing", ". Don't add pictures", ". Don't show me any images", ", merely in words", ". Drawings are not needed", ". I need no pictures", ". Write only", ". Words are enough"),
    (" with no pictures at all", ". I want no images", ", purely in words"),
)
# fmt: on


def ask_story(author: Author, tale: Tale, subject: Subject, asked: int | None) -> str:
    """The request for this tale; it says how many pictures if they are `asked` for."""
    counted = asked is not None
    verb, noun = author.say(VERBS), author.say(NOUNS)
    pics = pictures(author, asked or 1)
    if tale.size:
        wish = author.say(SIZE_WISHES[tale.size])
        first, *rest = pics.rsplit(" ", 1)
        pics = " ".join((first, wish, *rest))
    while True:
        form = author.say(FORMS)
        if counted or ("pics" not in form.lower() and "{n}" not in form):
            break
    tail = (
        _tail(author).format(pics=pics)
        if counted and "pics" not in form.lower() and "{n}" not in form
        else ""
    )
    if "Pics" in tail or (tale.size and not counted):
        tail += f". Make the pictures {author.say(SIZE_WISHES[tale.size])}" if tale.size else ""
    elif tale.size and "{n}" in form:
        form += f", {author.say(SIZE_WISHES[tale.size])}"
    text = form.format(
        verb=verb,
        noun=noun,
        Noun=capital(noun),
        subject=subject.text,
        Subject=capital(subject.text),
        tail=tail,
        pics=pics,
        Pics=capital(pics),
        n=number(author, asked or 1),
    )
    text += (
        "?"
        if verb.startswith(("Can", "Could", "Would", "Will", "May", "How")) and text.startswith(verb)
        else author.pick((".", ".", "", "!"))
    )
    if author.chance(0.12):
        aside = author.say(ASIDES).format(age=number(author, author.rng.randint(2, 9)))
        text = (
            f"{aside} {text}"
            if author.chance(0.5)
            else f"{text if text[-1] in '.!?' else text + '.'} {aside}"
        )
    return loosely_typed(author, text)


def _tail(author: Author) -> str:
    return f" {coined(author)} {{pics}}" if unheard(author, 0.1) else author.say(TAILS)


def story(author: Author) -> Document:
    """A request for an illustrated story, and the story."""
    amount = draw_amount(author, COUNTS, UNASKED_COUNTS)
    tale = replace(draw_tale(author, amount.drawn), bare=not amount.bounds.has_text)
    if author.chance(0.1):
        tale = replace(tale, size=author.pick(list(SIZE_WISHES)))
    tale, subject = name_subject(author, tale)
    request = ask_story(author, tale, subject, amount.asked)
    answer = tell(author, tale, subject.excuse)
    if not amount.drawn:
        return Document(chat(request, answer), Wish("text"), amount.bounds)
    wish = Wish("interleaved", amount.owed, subject.told, subject.place)
    return Document(chat(request, answer), wish, amount.bounds)


def too_many(author: Author) -> Document:
    """A request for more pictures than an answer may have gets the most there may be, and says so."""
    tale, subject = name_subject(author, draw_tale(author, MOST_PICTURES))
    asked = author.rng.randint(9, 12) if author.chance(0.5) else author.pick((15, 20, 25, 50, 100))
    amount = NUMBERS[asked] if asked < len(NUMBERS) and author.chance(0.5) else str(asked)
    request = f"{author.say(VERBS)} {author.say(NOUNS)} about {subject.text} {author.pick(('in', 'with'))} {amount} pictures"
    answer = f"Eight pictures are the most I can draw at once. {tell(author, tale, subject.excuse)}"
    return Document(
        chat(loosely_typed(author, request + "."), answer),
        Wish("interleaved", None, subject.told, subject.place),
    )


def story_in_words(author: Author) -> Document:
    """A request for a story without pictures; bounds that owe pictures all the same win."""
    owed = author.rng.randint(1, MOST_PICTURES) if author.chance(0.08) else 0
    tale, subject = name_subject(author, draw_tale(author, owed))
    request = f"{author.say(VERBS)} {author.say(Wordings(('a story', 'a tale', 'a short story', 'a bedtime story')))} about "
    turns = chat(
        loosely_typed(author, f"{request}{subject.text}{author.say(WITHOUT)}."),
        tell(author, tale, subject.excuse),
    )
    if owed:
        return Document(turns, Wish("interleaved", owed, subject.told, subject.place), Bounds(owed, owed))
    return Document(turns, Wish("text"), Bounds(0, 0) if author.chance(0.3) else FREE)
