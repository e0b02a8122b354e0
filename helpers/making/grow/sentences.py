"""Plain English sentences from a phrase-structure grammar with a wide choice of words.

Templates teach a model to be sure of the next word. Here many words can stand
next to many others, so a small model also learns the classes of words, and stays
unsure where it has reason to: in a sentence that it has never seen.
"""

from collections.abc import Iterator

from helpers.errors import unknown
from helpers.making.grow.everyday import polish
from helpers.making.shop import entities
from helpers.making.shop.draw import Draw
from helpers.making.shop.world import world

KINDS = ("sentence", "echo")

_PEOPLE = """baker teacher doctor nurse farmer driver painter student gardener neighbour girl boy woman man child guest cook
singer postman florist customer clerk friend sister brother mother father aunt uncle grandmother grandfather cousin boss
visitor tourist writer musician builder sailor judge lawyer poet king queen dentist waiter pilot actor dancer helper buyer
seller owner partner colleague daughter son wife husband family team shop courier""".split()
_KIND_OF_PERSON = """old young kind tired happy quiet busy clever shy proud tall friendly lazy careful honest curious angry hungry
famous lonely nervous cheerful polite patient rude sad new good calm gentle brave""".split()
_THINGS = """box basket letter book chair table lamp key coat hat cup plate bottle bag map clock picture ring phone ticket ladder
bicycle umbrella blanket candle mirror radio camera pencil newspaper stone rope bell boat cake apple bouquet vase ribbon card
pot bunch plant flower seed parcel order bill stem leaf bud bloom tool knife spoon window door garden house room street train
bus road tree song story poem question answer idea plan gift present price review message photo list label package jar jug
wreath arrangement delivery refund voucher account email address problem mistake promise surprise secret dream word name
colour smell sound shadow bench fence wall roof bridge river hill field forest meal soup loaf egg cheese glass petal root
branch bulb trowel hose bucket shelf drawer""".split()
_KIND_OF_THING = """small large heavy light new old broken beautiful cheap expensive empty full red green blue yellow white black
round wooden clean dirty warm cold soft strange useful fresh pretty simple sturdy lovely poor good bad great nice fine perfect
wonderful terrible ugly sweet bitter bright dark long short thick thin sharp loud quiet early late wet dry healthy
weak strong rich plain modern famous secret special ordinary damaged big little tiny huge whole real safe cracked wilted crushed tidy""".split()
_PLACES = """station market park library bakery school church bridge river shop office hospital museum theatre garden kitchen
harbour hotel square street village town city island beach mountain forest field castle farm factory airport cafe cellar attic
balcony greenhouse front back middle end corner house desk counter warehouse""".split()
# base, third person, past, past participle
_ACTIONS = [tuple(row.split()) for row in """carry carries carried carried|bring brings brought brought|find finds found found|lose loses lost lost
buy buys bought bought|sell sells sold sold|paint paints painted painted|clean cleans cleaned cleaned|open opens opened opened
close closes closed closed|break breaks broke broken|repair repairs repaired repaired|hide hides hid hidden|keep keeps kept kept
choose chooses chose chosen|wrap wraps wrapped wrapped|send sends sent sent|show shows showed shown|take takes took taken
leave leaves left left|drop drops dropped dropped|wash washes washed washed|order orders ordered ordered|need needs needed needed
want wants wanted wanted|like likes liked liked|love loves loved loved|hate hates hated hated|remember remembers remembered remembered
forget forgets forgot forgotten|see sees saw seen|hear hears heard heard|hold holds held held|make makes made made|draw draws drew drawn
cut cuts cut cut|fill fills filled filled|put puts put put|move moves moved moved|pull pulls pulled pulled|push pushes pushed pushed
pay pays paid paid|praise praises praised praised|miss misses missed missed|enjoy enjoys enjoyed enjoyed|return returns returned returned
deliver delivers delivered delivered|pack packs packed packed|receive receives received received|recommend recommends recommended recommended
water waters watered watered|plant plants planted planted|pick picks picked picked|tie ties tied tied|throw throws threw thrown
change changes changed changed|check checks checked checked|follow follows followed followed|admire admires admired admired
replace replaces replaced replaced|describe describes described described|expect expects expected expected|replace replaces replaced replaced
describe describes described described|lift lifts lifted lifted|touch touches touched touched|use uses used used|try tries tried tried
promise promises promised promised|offer offers offered offered|cancel cancels cancelled cancelled""".replace("\n", "|").split("|")]
_MOVES = [tuple(row.split()) for row in """go goes went gone|walk walks walked walked|run runs ran run|drive drives drove driven|ride rides rode ridden
hurry hurries hurried hurried|travel travels travelled travelled|come comes came come|return returns returned returned
fly flies flew flown|move moves moved moved|sail sails sailed sailed|get gets got got""".replace("\n", "|").split("|")]
_STATES = [tuple(row.split()) for row in """sleep sleeps slept slept|laugh laughs laughed laughed|wait waits waited waited|sing sings sang sung
dance dances danced danced|work works worked worked|sit sits sat sat|stand stands stood stood|smile smiles smiled smiled|cry cries cried cried
read reads read read|write writes wrote written|rest rests rested rested|talk talks talked talked|eat eats ate eaten|drink drinks drank drunk
live lives lived lived|stay stays stayed stayed|dream dreams dreamed dreamed|call calls called called|help helps helped helped
grow grows grew grown|arrive arrives arrived arrived|begin begins began begun|stop stops stopped stopped|listen listens listened listened
play plays played played|learn learns learned learned|think thinks thought thought|agree agrees agreed agreed""".replace("\n", "|").split("|")]
_SEEMS = [tuple(row.split()) for row in """look looks looked looked|seem seems seemed seemed|smell smells smelled smelled
stay stays stayed stayed|feel feels felt felt|become becomes became become""".replace("\n", "|").split("|")]
_LIES = [tuple(row.split()) for row in """stand stands stood stood|lie lies lay lain|fall falls fell fallen|hang hangs hung hung|end ends ended ended
arrive arrives arrived arrived|disappear disappears disappeared disappeared|break breaks broke broken|wait waits waited waited
come comes came come|fit fits fitted fitted""".replace("\n", "|").split("|")]
_CLAIMS = [tuple(row.split()) for row in """say says said said|think thinks thought thought|know knows knew known|believe believes believed believed
hope hopes hoped hoped|hear hears heard heard|see sees saw seen|feel feels felt felt|notice notices noticed noticed|write writes wrote written
promise promises promised promised|fear fears feared feared""".replace("\n", "|").split("|")]
_HOW = """slowly quickly quietly carefully again alone together gladly well early late twice at_once with_care in_silence
without_a_word for_free on_time in_a_hurry""".split()
_HOW_OFTEN = "often never always sometimes usually rarely still already also just really almost soon only even hardly".split()
_WHEN = """today|in the evening|every morning|after lunch|before dinner|for an hour|all day|in summer|in winter|at noon|at night
for a long time|before the party|after the rain|in the end|at first|from time to time|at six|by chance|until late|this time
on the way|after a while|within a week""".replace("\n", "|").split("|")
_WHEN_PAST = "yesterday|last night|last week|this morning|a year ago|two days ago|last time|long ago|on that day|in those days".split("|")
_LINKS = "because but and so when while although before after until if since even_though".split()
_DEGREE = "very too quite so rather really not a_little far_too almost truly".split()
_MODALS = "can will would should must could may might cannot will_not would_not should_not could_not".split()
_WHERE = "in at near behind to from under on by outside inside opposite".split()
_PRONOUNS = ("I", "I", "you", "he", "she", "we", "they")
_OPENINGS = """yes,|no,|well,|of course,|perhaps|maybe|in fact,|to be fair,|honestly,|sadly,|luckily,|at least|first,|then|finally,|still,|
by the way,|as always,|of all things,|for me,|in my opinion,|on the other hand,|all in all,|even so,""".replace("\n", "").split("|")


class Grammar:
    """Phrases of random sentences. Each method returns a string without a full stop."""

    def __init__(self, split: str, draw: Draw):
        self.world, self.draw = world(split), draw
        # Every fifth word of the open classes is kept for held-out text, which uses all of them.
        self.keep = None if self.world.held_out else 5

    def word(self, words):
        """One of ``words``; ``_`` stands for a space."""
        chosen = self.draw.choice(words)
        return chosen.replace("_", " ") if isinstance(chosen, str) else chosen

    def open(self, words):
        """One of an open class of words, in training without those that are kept for the test."""
        return self.word(words if self.keep is None else [word for i, word in enumerate(words) if i % self.keep != 3])

    def noun(self, things, adjectives) -> str:
        noun = self.open(things)
        if self.draw.chance(0.4):
            noun = f"{self.open(adjectives)} {noun}"
        kind = self.draw.weighted({"the": 5, "a": 4, "my": 2, "our": 1, "his": 1, "her": 1, "their": 0.5, "your": 0.7,
                                   "this": 0.8, "that": 0.4, "every": 0.4, "no": 0.2, "one": 0.3, "another": 0.3})
        return entities.article(noun) if kind == "a" else f"{kind} {noun}"

    def thing(self) -> str:
        if self.draw.chance(0.2):
            plant = self.draw.choice(self.world.plants)
            return self.draw.choice((plant.plural, f"the {plant.plural}", entities.article(plant.name), f"some {plant.plural}"))
        phrase = self.noun(_THINGS, _KIND_OF_THING)
        return f"{phrase} {self.place()}" if self.draw.chance(0.1) else phrase

    def place(self) -> str:
        return f"{self.word(_WHERE)} {self.draw.choice(('the', 'the', 'the', 'our', 'an old', 'this'))} {self.open(_PLACES)}"

    def person(self) -> tuple[str, int]:
        """Somebody, and the verb form that goes with it: 0 base ("they go"), 1 third person ("she goes")."""
        kind = self.draw.weighted({"noun": 4, "name": 2, "pronoun": 5})
        if kind == "noun":
            return self.noun(_PEOPLE, _KIND_OF_PERSON), 1
        if kind == "name":
            return self.world.person(self.draw), 1
        pronoun = self.draw.choice(_PRONOUNS)
        return pronoun, int(pronoun in ("he", "she"))

    def when(self, form: int) -> str:
        return self.open(_WHEN_PAST if form == 2 and self.draw.chance(0.4) else _WHEN)

    def predicate(self, form: int) -> str:
        """What somebody does; ``form`` 0 base, 1 third person, 2 past, 3 participle."""
        draw = self.draw
        kind = draw.weighted({"action": 5, "move": 2, "state": 2, "give": 1})
        if kind == "move":
            text = f"{self.open(_MOVES)[form]} to the {self.open(_PLACES)}"
        elif kind == "state":
            text = self.open(_STATES)[form] + (f" {self.place()}" if draw.chance(0.5) else "")
        elif kind == "give":
            text = f"{('give', 'gives', 'gave', 'given')[form]} {self.thing()} to {self.noun(_PEOPLE, _KIND_OF_PERSON)}"
        else:
            text = f"{self.open(_ACTIONS)[form]} {self.thing()}"
        if draw.chance(0.12):
            text = f"{text} {self.open(_HOW)}"
        return f"{text} {self.when(form)}" if draw.chance(0.25) else text

    def degree(self) -> str:
        return f"{self.word(_DEGREE)} " if self.draw.chance(0.4) else ""

    def clause(self, past: bool) -> str:
        return self.about_thing(past) if self.draw.chance(0.3) else self.about_person(past)

    def about_thing(self, past: bool) -> str:
        draw = self.draw
        plural = draw.chance(0.2)
        subject = f"the {draw.choice(self.world.plants).plural}" if plural else self.noun(_THINGS, _KIND_OF_THING)
        if draw.chance(0.15):
            subject, plural = "it", False
        form = 2 if past else 0 if plural else 1
        be = ("were" if plural else "was") if past else ("are" if plural else "is")
        kind = draw.weighted({"be": 4, "seems": 2, "lies": 2, "there": 1, "passive": 1})
        if kind == "be":
            return f"{subject} {be} {self.degree()}{self.open(_KIND_OF_THING)}"
        if kind == "seems":
            return f"{subject} {self.open(_SEEMS)[form]} {self.degree()}{self.open(_KIND_OF_THING)}"
        if kind == "lies":
            return f"{subject} {self.open(_LIES)[form]} {self.place()}"
        if kind == "there":
            return f"there {'was' if past else 'is'} {self.noun(_THINGS, _KIND_OF_THING)} {self.place()}"
        return f"{subject} {be} {self.open(_ACTIONS)[3]} by {self.noun(_PEOPLE, _KIND_OF_PERSON)}"

    def about_person(self, past: bool) -> str:
        draw = self.draw
        subject, third = self.person()
        form = 2 if past else third
        be = ("was" if subject == "I" or third else "were") if past else ("is" if third else "am" if subject == "I" else "are")
        have = "had" if past else "has" if third else "have"
        kind = draw.weighted({"plain": 6, "modal": 2, "be": 2, "claim": 1.5, "have": 1, "perfect": 1})
        if kind == "modal":
            return f"{subject} {self.word(_MODALS)} {self.predicate(0)}"
        if kind == "be":
            return f"{subject} {be} {self.degree()}{self.open(_KIND_OF_PERSON)}" + (f" {self.place()}" if draw.chance(0.15) else "")
        if kind == "claim":
            return f"{subject} {self.open(_CLAIMS)[form]} that {self.clause(past)}"
        if kind == "have":
            return f"{subject} {have} {self.thing()}"
        if kind == "perfect":
            return f"{subject} {have} {self.word(_HOW_OFTEN)} {self.predicate(3)}"
        often = f"{self.word(_HOW_OFTEN)} " if draw.chance(0.15) else ""
        return f"{subject} {often}{self.predicate(form)}"

    def sentence(self, past: bool) -> str:
        draw = self.draw
        kind = draw.weighted({"plain": 5, "linked": 4, "opened": 2, "question": 1.5, "request": 1, "quoted": 1, "when": 1})
        if kind == "linked":
            comma = "," if draw.chance(0.4) else ""
            return f"{self.clause(past)}{comma} {self.word(_LINKS)} {self.clause(past)}."
        if kind == "opened":
            return f"{self.word(_OPENINGS)} {self.clause(past)}."
        if kind == "question":
            start = draw.choice(("did", "why did", "when did", "where did", "how did", "can", "will", "could", "would", "when will"))
            return f"{start} {self.person()[0]} {self.predicate(0)}?"
        if kind == "request":
            start = draw.choice(("please", "do not", "always", "never", "let us", "you can", "I want to", "we have to", "try to"))
            return f"{start} {self.predicate(0)}."
        if kind == "quoted":
            said = polish(self.clause(draw.chance(0.5)))
            return f"\"{said},\" said {self.noun(_PEOPLE, _KIND_OF_PERSON) if draw.chance(0.5) else self.world.person(draw)}."
        if kind == "when":
            return f"{self.when(2 if past else 1)} {self.clause(past)}."
        return f"{self.clause(past)}."


# How something is said, and said again.
_ECHOES = ("Say: {0}\nAgain: {0}", "{0}\nOnce more: {0}", "Repeat: {0}\n{0}", "{1} said: {0}\n{2} said: {0}", "1. {0}\n2. {0}", "{0}\n{0}",
           "Copy this: {0}\nCopy: {0}", "{1} wrote: {0}\nI read: {0}")
_ECHOES_HELD_OUT = ("Text: {0}\nThe same text: {0}", "{1} whispered: {0}\nEverybody heard: {0}")


def echo(grammar: Grammar) -> str:
    """Any words, and the same words again: copying that is tied to no kind of word."""
    draw = grammar.draw

    def item() -> str:
        kind = draw.below(4)
        if kind == 0:
            return grammar.world.person(draw)
        if kind == 1:  # a word that does not exist
            syllables = [draw.choice(grammar.world.made_names).lower() for _ in range(draw.between(1, 2))]
            word = "".join(syllable[draw.below(3):] for syllable in syllables)
            return word.title() if draw.chance(0.5) else word
        return str(draw.below(1000)) if kind == 2 and draw.chance(0.3) else grammar.open(_THINGS + _PEOPLE + _KIND_OF_THING + _PLACES)

    if draw.chance(0.35):
        said = polish(grammar.sentence(draw.chance(0.5)))
    else:
        separator = draw.choice((", ", " ", " and ", "; "))
        said = separator.join(item() for _ in range(draw.between(2, 7)))
    templates = _ECHOES_HELD_OUT if grammar.world.held_out else _ECHOES
    return draw.choice(templates).format(said, *grammar.world.people(draw, 2))


def prose(grammar: Grammar) -> str:
    """One to seven sentences in one tense."""
    past = grammar.draw.chance(0.6)
    return polish(" ".join(grammar.sentence(past) for _ in range(grammar.draw.between(1, 7))))


def documents(kind: str, split: str, count: int, seed: int = 0) -> Iterator[dict]:
    """Yield ``count`` documents {"kind", "text"} of ``kind``, the same for the same seed.

    Held-out documents use words that training documents do not. Raises
    CourseError for an unknown split or kind.
    """
    if kind not in KINDS:
        raise unknown("kind of text", kind, KINDS)
    grammar = Grammar(split, Draw(f"{kind} {split} {seed}"))
    for _ in range(count):
        yield {"kind": kind, "text": (prose if kind == "sentence" else echo)(grammar)}
