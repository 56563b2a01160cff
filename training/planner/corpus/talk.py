"""Talk of the corpus, answered in words: facts of the world, chat, and words to be said again."""

from __future__ import annotations

from itertools import chain
from typing import Final

from training import world
from training.planner.corpus.author import Author, Wordings
from training.planner.corpus.names import SYLLABLES
from training.planner.corpus.pictures import ask_known, caption, draw
from training.planner.corpus.stories import ask_story
from training.planner.corpus.subjects import name_subject
from training.planner.corpus.tales import draw_tale, tell
from training.planner.corpus.wordings import (
    FAR_PLACES,
    PLURALS,
    STRANGERS,
    coined,
    loosely_typed,
    unheard,
)
from training.planner.document import Document, Wish, chat


def _listed(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"


CANNOT_SAY: Final = "I only know my small world of animals and pictures, so I cannot say."
# fmt: off
FACTS: Final[tuple[tuple[Wordings, str], ...]] = (
    (Wordings(("Which animals can you draw?", "What animals do you know?", "Who lives in your world?", "Which animals are there?",
               "List your animals", "What can you draw?"), ("Which creatures do you know?", "Name the animals you can draw")),
     f"I can draw {_listed(tuple(PLURALS.values()))}."),
    (Wordings(("Which places do you know?", "Where can stories happen?", "What places are there?", "Which places can you draw?"),
              ("Name the places of your world", "What are the places you can draw?")),
     f"I know the {_listed(world.PLACES)}."),
    (Wordings(("What can the animals wear?", "Which clothes do you know?", "What clothes can you draw?", "What can a fox wear?"),
              ("What garments are there?", "Which clothes can they wear?")),
     "A scarf, a hat, a cape, a crown or boots."),
    (Wordings(("Which colours do you have?", "What colours can you use?", "Which colours are there?", "what colors do you know?"),
              ("Name your colours", "What colours may a scarf have?")),
     f"Clothes may be {', '.join(world.COLOURS[:-1])} or {world.COLOURS[-1]}."),
    (Wordings(("Which things can you draw?", "What objects do you know?", "What things are there?", "Which toys are there?"),
              ("Name the things in your world",)),
     f"I can draw a {_listed(tuple(world.THINGS)).replace('umbrella', 'an umbrella')}.".replace("a ball", "a ball")),
    (Wordings(("How many pictures can you draw?", "How many pictures can a story have?", "How long can a story be?"),
              ("What is the most pictures you can draw?",)), "A story can have up to eight pictures."),
    (Wordings(("What does a fox eat?", "What do foxes eat?"), ("What food do foxes like?",)), "Foxes eat mice, berries and nearly everything they find."),
    (Wordings(("What does a rabbit eat?", "What do rabbits eat?"), ("What food do rabbits like?",)), "Rabbits eat grass, herbs and leaves."),
    (Wordings(("What does a bear eat?", "What do bears eat?"), ("What food do bears like?",)), "Bears eat berries, fish and honey."),
    (Wordings(("What does a cat eat?", "What do cats eat?"), ("What food do cats like?",)), "Cats eat meat and fish."),
    (Wordings(("What does an owl eat?", "What do owls eat?"), ("What food do owls like?",)), "Owls hunt mice and other small animals at night."),
    (Wordings(("What does a mouse eat?", "What do mice eat?"), ("What food do mice like?",)), "Mice eat seeds, grains and crumbs."),
    (Wordings(("Tell me about foxes", "What is a fox?"), ("Tell me something about foxes",)), "A fox is a clever hunter with a bushy tail."),
    (Wordings(("Tell me about rabbits", "What is a rabbit?"), ("Tell me something about rabbits",)), "A rabbit is quick and has long ears."),
    (Wordings(("Tell me about bears", "What is a bear?"), ("Tell me something about bears",)), "A bear is big and strong and loves honey."),
    (Wordings(("Tell me about cats", "What is a cat?"), ("Tell me something about cats",)), "A cat is soft and quiet and loves to sleep."),
    (Wordings(("Tell me about owls", "What is an owl?"), ("Tell me something about owls",)), "An owl is a bird that flies without a sound."),
    (Wordings(("Tell me about mice", "What is a mouse?"), ("Tell me something about mice",)), "A mouse is tiny, shy and fast."),
    (Wordings(("Where do foxes live?", "Where does a fox sleep?"), ("What is the home of a fox?",)), "Foxes live in dens that they dig in the earth."),
    (Wordings(("Where do rabbits live?", "Where does a rabbit sleep?"), ("What is the home of a rabbit?",)), "Rabbits live in burrows under the meadow."),
    (Wordings(("Where do owls live?", "Where does an owl sleep?"), ("What is the home of an owl?",)), "Owls live in hollow trees and old barns."),
    (Wordings(("Where do bears sleep in winter?", "What do bears do in winter?"), ("How do bears spend the winter?",)), "In winter bears sleep in a den."),
    (Wordings(("When do owls wake up?", "Are owls awake at night?"), ("Do owls sleep by day?",)), "Owls wake up at dusk and fly at night."),
    (Wordings(("What sound does an owl make?", "What does an owl say?"), ("How does an owl sound?",)), "An owl says hoo, hoo."),
    (Wordings(("What sound does a cat make?", "What does a cat say?"), ("How does a cat sound?",)), "A cat says meow, and purrs when it is happy."),
    (Wordings(("What sound does a mouse make?", "What does a mouse say?"), ("How does a mouse sound?",)), "A mouse squeaks."),
    (Wordings(("How does a kite fly?", "Why does a kite fly?"), ("What keeps a kite in the air?",)), "The wind pushes a kite up while its string holds it."),
    (Wordings(("Why does a boat float?", "Why do boats float?"), ("What keeps a boat on the water?",)), "A boat floats because it is lighter than the water it pushes away."),
    (Wordings(("Why is the sky orange at sunset?", "Why is a sunset red?"), ("What makes a sunset orange?",)), "At sunset the light comes a long way through the air, and only the warm colours are left."),
    (Wordings(("Why does it rain?", "Where does rain come from?"), ("What makes rain?",)), "Rain falls when the drops in a cloud grow too heavy."),
    (Wordings(("What is an umbrella for?", "Why do I need an umbrella?"), ("What use is an umbrella?",)), "An umbrella keeps you dry in the rain and cool in the sun."),
    (Wordings(("What is a lantern for?", "Why do I need a lantern?"), ("What use is a lantern?",)), "A lantern gives light when it is dark."),
    (Wordings(("What is a scarf for?", "Why wear a scarf?"), ("What use is a scarf?",)), "A scarf keeps the neck warm."),
    (Wordings(("Is the desert hot?", "What is it like in the desert?"), ("How does the desert feel?",)), "The desert is hot by day and cold at night."),
    (Wordings(("What grows in the forest?", "What is in the forest?"), ("What can be found in the forest?",)), "Tall trees, moss and mushrooms grow in the forest."),
    (Wordings(("What do flowers need?", "How do flowers grow?"), ("What does a flower want?",)), "Flowers need sun, water and good earth."),
    (Wordings(("Is the sea salty?", "Why is the sea salty?"), ("What makes the sea salty?",)), "The sea is salty because rivers carry salt from the stones."),
    (Wordings(("Who is faster, a fox or a mouse?", "Is a fox faster than a mouse?"), ("Which runs faster, a fox or a mouse?",)), "A fox is much faster than a mouse."),
    (Wordings(("Who is bigger, a bear or a cat?", "Is a bear bigger than a cat?"), ("Which is bigger, a bear or a cat?",)), "A bear is much bigger than a cat."),
)
CHAT: Final[tuple[tuple[Wordings, tuple[str, ...]], ...]] = (
    (Wordings(("Hello", "Hi", "Hi there", "Hey", "Good morning", "Hello!", "Good day", "hello there"), ("Good evening", "Greetings")),
     ("Hello! Shall I tell you a story?", "Hello! What shall I draw for you?")),
    (Wordings(("How are you?", "How do you do?", "Are you well?", "how is it going"), ("How are you today?",)), ("I am well, thank you. What shall we make?",)),
    (Wordings(("Who are you?", "What are you?", "What is your name?", "Tell me about yourself", "Are you a robot?"), ("Introduce yourself",)),
     ("I am Storybook. I tell small stories and describe their pictures.",)),
    (Wordings(("What can you do?", "Help", "How can you help me?", "What are you good at?"), ("What do you offer?", "How does this work?")),
     ("I tell stories with pictures, explain things step by step, draw animals and change pictures.",)),
    (Wordings(("Thank you", "Thanks", "Thanks a lot!", "That was lovely", "Great story", "I like it", "Very nice", "Well done", "wow"),
              ("Many thanks", "That was beautiful", "I love it")), ("I am glad you like it.", "You are welcome.")),
    (Wordings(("Bye", "Goodbye", "Good night", "See you", "bye bye"), ("Farewell", "See you tomorrow")), ("Goodbye, and sleep well.", "See you soon!")),
    (Wordings(("I am sad", "I am tired", "I am bored", "I cannot sleep", "I had a bad day"), ("I feel lonely",)), ("I am sorry to hear that. Would a story help?",)),
    (Wordings(("ok", "Okay", "Yes", "No", "Maybe", "Hm", "fine"), ("Alright",)), ("Tell me what you would like to see.",)),
    (Wordings(("What is 2 plus 2?", "What is 17 times 3?", "What is the capital of France?", "Who won the match?", "What time is it?",
               "Write some code", "Translate this", "Who is the president?", "What is the news?", "What is the weather tomorrow?",
               "Solve x + 3 = 5", "Tell me about quantum physics", "Which phone should I buy?", "How do I invest money?"),
              ("What is 5 times 6?", "Who wrote Hamlet?", "What is the stock price?")),
     (CANNOT_SAY,)),
    (Wordings(("Do not draw anything, just say hello", "No pictures now, please", "Please stop drawing", "Just talk to me", "I want no picture"),
              ("Do not make a picture", "No drawing please")), ("All right, no pictures. Hello!", "Of course, let us just talk.")),
)
# fmt: on


POLITELY: Final = (
    "Tell me: ",
    "I wonder, ",
    "Do you know: ",
    "Please explain: ",
    "Quick question: ",
    "Hello! ",
    "Hi, ",
    "One thing: ",
)


# fmt: off
UNHEARD_QUESTIONS: Final = (
    "What makes {a} {b}?", "What keeps {a} {b}?", "What is the {b} of {a}?", "Why does {a} {b}?", "Who has {b} {a}?", "Where does {a} {b}?",
    "When does {a} {b}?", "How many {b} has {a}?", "Which {b} is {a}?", "What does {a} {b}?", "How does {a} {b}?", "Is {a} {b}?", "Does {a} {b}?",
    "What use is {a}?", "How {b} is {a}?",
)
# fmt: on


def fact(author: Author) -> Document:
    """A question about the world and its answer; or one that nobody can answer, which is a question all the same."""
    if unheard(author, 0.2):
        noun = author.pick((*world.ANIMALS, *world.THINGS, coined(author), coined(author)))
        asked = author.pick(UNHEARD_QUESTIONS).format(a=world.with_article(noun), b=coined(author))
        answer = CANNOT_SAY
    else:
        wordings, answer = author.pick(FACTS)
        asked = author.say(wordings)
    opener = author.pick(POLITELY) if author.chance(0.25) else ""
    return Document(chat(loosely_typed(author, opener + asked), answer), Wish("text"))


def small_talk(author: Author) -> Document:
    """A few words, at times after a picture or a story."""
    wordings, answers = author.pick(CHAT)
    request = loosely_typed(author, author.say(wordings))
    if author.chance(0.25):
        drawn = draw(author, author.character())
        before = ask_known(author, drawn), caption(author, drawn) + str(drawn.slot())
        return Document(chat(*before, request, author.pick(answers)), Wish("text"))
    if author.chance(0.25):
        tale, subject = name_subject(author, draw_tale(author, author.rng.randint(1, 4)))
        before = ask_story(author, tale, subject, tale.count), tell(author, tale, subject.excuse)
        return Document(chat(*before, request, author.pick(answers)), Wish("text"))
    return Document(chat(request, author.pick(answers)), Wish("text"))


# fmt: off
KNOW: Final = Wordings(
    ("Do you know {as_}?", "Are there {as_} in your world?", "Can there be {a} in a story?", "Do {as_} live in your world?",
     "Does your world have {as_}?", "Have you got {as_}?", "Is {a} part of your world?"),
    ("Is there {a} in your world?",),
)
# fmt: on


def can_you(author: Author) -> Document:
    """Whether something belongs to the world."""
    known = author.chance(0.5)
    if author.chance(0.2):
        far = author.say(FAR_PLACES)
        answer = f"No, I have never been there. I know the {_listed(world.PLACES)}."
        return Document(chat(loosely_typed(author, f"Can a story happen {far}?"), answer), Wish("text"))
    animal = author.pick(world.ANIMALS) if known else author.say(STRANGERS)
    plural = PLURALS.get(animal, f"{animal}s")
    request = author.say(KNOW).format(a=world.with_article(animal), as_=plural)
    answer = f"Yes, I know {plural} well." if known else f"No, but I know {_listed(tuple(PLURALS.values()))}."
    return Document(chat(loosely_typed(author, request), answer), Wish("text"))


# fmt: off
BABBLE: Final = Wordings(
    ("Guten Tag, wie geht es dir", "Hola, que tal", "Bonjour tout le monde", "asdf", "qwerty", "???", "lorem ipsum dolor sit amet",
     "blah blah", "1234567", "xxx", "Erzähl mir etwas", "la la la", "!!", "...", "hmm hmm", "\u4f60\u597d", "fghjk", "Привет"),
    ("wie bitte", "zzzz", "mnbvc"),
)
# fmt: on


def babble(author: Author) -> Document:
    """Something that cannot be understood."""
    coined = " ".join(
        "".join(author.pick(SYLLABLES) for _ in range(author.rng.randint(1, 4)))
        for _ in range(author.rng.randint(1, 5))
    )
    request = author.say(BABBLE) if author.chance(0.5) else coined
    return Document(chat(request, "I did not understand that. Shall I tell you a story?"), Wish("text"))


ECHOES: Final = (
    "Repeat: {}",
    "Say: {}",
    "Say {}",
    "Repeat after me: {}",
    "Write down: {}",
    "Please say {}",
    "Echo {}",
)


PHRASES: Final = tuple(
    chain(*(chain(*table.values()) for table in (world.AT_PLACE, world.UNDER_SKY, world.AT_POSITION)))
)


def echo(author: Author) -> Document:
    """Words to be said again as they are: what copies them copies a description, too, and nothing but copying tells what comes next."""
    length = author.rng.randint(2, 12)
    match author.weighted({"names": 0.3, "phrases": 0.4, "description": 0.3}):
        case "names":
            words = (author.name() if author.chance(0.5) else author.pick(SYLLABLES) for _ in range(length))
            said = " ".join(words)
        case "phrases":
            said = " ".join(author.pick(PHRASES) for _ in range(length))
        case _:
            said = draw(author, author.character()).description
    return Document(chat(author.pick(ECHOES).format(said), said), Wish("text"))
