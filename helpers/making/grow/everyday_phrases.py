"""Training phrases of ``everyday.py``: for each kind, scenes; for each scene, groups of sentences in order."""

# People we know and the flowers they like.
_RELATIVE = (
    [
        "[my|my|my|our|his|her|their] {relative} [loves|likes|adores|really likes] {flowers}[| more than any other flower|, the {colour} ones most of all|, and so do I].",
        "[my|my|our] {relative} [has always loved|never liked|always wanted|dreams of|talks about] {flowers}.",
        "[my|my|our] {relative} [lives|works] near {place} and [loves|grows|paints] {flowers}.",
        "[my|my|our] {relative} has a birthday on {day}, and I [still need|have not found|want to send] [a present|some flowers|a small gift].",
        "[my|my|our] {relative} called me [on {day}|last night|this morning|yesterday] [and asked for|to talk about] {flowers}.",
        "[my|our] {relative} [is|is often|was] {feeling} these days, so I bought {flowers}.",
        "[my|our] {relative} and my {second} [came for dinner|went for a walk|met in town] [on {day}|last week|yesterday].",
        "for my {relative}, nothing is better than [a bunch of {flowers}|{food} and {flowers}|a day in the garden].",
        "[I have|I bought|there is] a present for my {relative}: [{number} {colour} {flowers}|a {gift} and some {flowers}].",
    ],
    [
        "{she} [keeps them|always puts them] in {a_vase} {spot}.",
        "every {season} {she} [plants new ones|buys a fresh bunch|waits for the first ones] [at the market|in the garden|in our street].",
        "{she} says that they [smell like|make {her} think of|remind {her} of] [{season}|home|the sea|old times].",
        "when {she} was young, {she} [grew them behind the house|sold them at {place}|picked them on the way to school].",
        "last {season} {she} [gave me|brought me|sent me] {number} of them, and I [was so happy|still have the card|put them in the {room}].",
        "{she} [does not like|never buys|cannot stand] {others}, because they [smell too strong|do not last|are too {shade}].",
        "the colour does not matter to {her}, as long as [they are fresh|they come from {shop}|there is no plastic].",
    ],
    [
        "so I [ordered|bought|chose] {number} {flowers} [from|at] {shop} for {event}.",
        "this year I want to [surprise|thank|visit] {her} with [a big bouquet|{number} {colour} {flowers}|{a_pot} in a pot].",
        "I [asked|called] {staff} at the shop, and we found [something nice|the right flowers|{a_colour} bunch] [in five minutes|for {price}].",
        "on {day} I went to {shop} and [came back with|paid {price} for] [a large bunch|{number} stems|a bunch with green leaves].",
        "I wrote a card and [tied it to the stems|put it in the box|left it {spot}].",
        "we [looked at|talked about] the {flowers} for a long time and then [took the {colour} ones|had {food}].",
    ],
    [
        "{she} [laughed|smiled|cried a little] and said, \"[They are beautiful|You did not have to|How did you know|Thank you so much].\"",
        "{she} [put them|set them] {spot} and looked at them all evening.",
        "I have [never|rarely] seen {her} so happy.",
        "{she} called me the next day to say that they [were still fresh|had opened|smelled wonderful].",
        "a week later they [still looked good|were still there|had not lost a leaf].",
        "it was a small thing, but {she} [did not forget it|told everyone|kept the card].",
        "I hope that {she} likes them.",
        "next time I will [bring|try|order] {others}.",
    ],
)
_MORNING = (
    [
        "[this morning|yesterday|today|on {day}|last {day}|one morning in {month}] I [woke up early|got up late|could not sleep] and [looked out of the window|made tea|opened the window].",
        "[I woke up|we woke up] to [the sound of rain|bright sun|snow on the roofs|a bird at the window].",
        "the sun [came up|was up|was shining] over {street}, and the [air was cold|town was quiet|birds were loud].",
        "it was [a cold|a warm|a grey|a quiet|a windy] {day} in {month}.",
        "it was early, and [nobody was awake|the streets were empty|the shop was still dark].",
        "in the [morning|early morning] the garden [was wet|was white with frost|smelled of rain].",
        "[the rain|the wind|the snow] [stopped|started] [in the night|before breakfast|at last].",
        "when I [opened the door|came down to the {room}|looked outside], [it was raining|there was snow|the sky was pink].",
    ],
    [
        "the {flowers} {spot} [had opened|were still closed|had dropped a few leaves] [in the night|overnight|while I slept].",
        "I watered the {pot} and [turned it to the light|wiped its leaves|moved it to the {room}].",
        "[my|our] {relative} was in the {room} and [made {food}|read the paper|looked for {hers} shoes].",
        "I [had|ate] {food} and [read a book|listened to the radio|wrote a list] for an hour.",
        "the cat [sat|slept] {spot}, next to the {flowers}.",
        "there was a letter from {friend} [under the door|in the box|{spot}].",
        "I put on my [coat|boots|old hat] and [went out|walked to the market|took the bus to town].",
    ],
    [
        "at the market I [bought|saw|found] {flowers}, {others} and {a_vase}.",
        "near {place} I met {friend}, who [carried|was carrying] [a box of {flowers}|{a_pot}|a {tool}].",
        "we talked about [the garden|the weather|{event}|the new shop in {street}] and [laughed a lot|forgot the time].",
        "then I worked in the garden until [it got dark|my hands were cold|lunch].",
        "I cut [a few|some|{number}] {colour} {flowers} and [put them in {a_vase}|gave them to {friend}|took them to {place}].",
        "at {shop} {staff} was [tying a bouquet|watering the {pots}|talking to a customer].",
        "on the way home I [stopped at|walked past] {place} and [thought of|called] my {relative}.",
    ],
    [
        "it was [a good day|a long day|the best day of the week|a day like many others, and I liked it].",
        "in the evening I [was tired|was happy|felt calm], and I [went to bed early|slept well|read until ten].",
        "now the {room} smells of {flowers}, and I [am happy|think of {season}|do not want to leave].",
        "sometimes that is [enough|all I need|more than enough].",
        "tomorrow I will [plant the {others}|visit my {relative}|clean the {vase}|do it again].",
        "I think I will [remember|write about] this day for a long time.",
    ],
)
_DELIVERY = (
    [
        "the {flowers} [arrived|came] [on {day}|yesterday|this morning|right on time|a day late|on {day} {slot}][|, fresh and {colour}|, packed in brown paper|, and the box was cold].",
        "[the|my] [bouquet|order|parcel|box of {flowers}] [arrived|came] [on {day}|yesterday|today|this morning|late|early].",
        "the [bouquet|box|van] from {shop} [arrived|came|was here] [on {day} {slot}|before breakfast|while I was out].",
        "[someone|a man|a woman|the courier] [rang the bell|knocked at the door] and [held out|brought|carried] a [box|bouquet] of {flowers}.",
        "{name} [opened the door|ran to the door|heard the bell] and [found|saw] a [box|bunch] of {flowers}.",
        "there was a [box|parcel] in front of the door[| of {name}| on {day}].",
        "a [box|bunch] of {flowers} stood in front of the door.",
        "{flowers} are [here|at the door|on the table], and the whole {room} smells of them.",
    ],
    [
        "they were [fresh|still in bud|a little thirsty|well packed], and [no stem|not one stem|only one stem] was broken.",
        "there were {number} {colour} stems, [just as I had ordered|more than I expected|and a card from {friend}].",
        "the card said, \"[For you, with love|Thank you for everything|Get well soon|Happy birthday],\" and it was from {friend}.",
        "[the water bag|the paper] was [wet|still cold], so the stems [had enough to drink|looked fine].",
        "at first the heads [hung down|were closed], but [in water|after an hour] they [stood up|opened].",
        "they smelled [of {season}|sweet|wonderful].",
    ],
    [
        "I cut the stems and [put|set] them in {a_vase} {spot}.",
        "{name} [cut|trimmed] the stems at an angle and filled {a_vase} with [cool|fresh] water.",
        "my {relative} [found|brought] {a_vase}, and we [put|placed] them {spot}.",
        "I took off the lower leaves, because [they rot in water|they make the water dirty].",
        "we divided them: half for the {room}, half for my {relative}.",
    ],
    [
        "after {number} days they [still looked fresh|were as good as new|began to fade].",
        "I would [order them again|buy them again|tell my friends].",
        "thank you, {shop}!",
        "{name} called {friend} and said, \"[They are lovely|What a surprise|You are too kind].\"",
        "the last one [faded|lost its leaves] on {later}.",
        "[nobody|no one] in the house could stop looking at them.",
    ],
)
_SHOPDAY = (
    [
        "{shop} is [a small flower shop|a shop for flowers|a flower shop] [in {street}|near {place}|with a green door].",
        "the [shop|flower shop|little shop] in {street} [opens|opens its doors] at [seven|eight|nine] and smells of {flowers}.",
        "[every morning|each day|on {day}], {staff} [opens|unlocks] the [shop|door] and [waters the plants|fills the buckets|sweeps the floor].",
        "{staff} [works|has worked] at {shop} [for {number} years|since {month}|on {day} and {later}].",
        "people [come|walk] into the shop [because|when] they [need a gift|are in love|want to say sorry|like the smell].",
        "a [customer|man|woman|girl|boy|tourist] [came|walked|stepped] into the shop and [asked for|looked at|pointed at] the {flowers}.",
        "[children|students|neighbours] from {place} [came|often come] to the shop [on {day}|after school] and [ask about|look at] the {flowers}.",
        "business was [slow|good|better than ever] in {month}.",
    ],
    [
        "the {flowers} stand [in the window|by the door|in blue buckets], and the {pots} [have|get] {pot_light}.",
        "{staff} [ties|tied] [a bouquet|bouquets] of {flowers} and {others} with {a_shade} ribbon.",
        "[most|some|many] people [want|ask for] {flowers}, but {staff} [prefers|likes] {others}.",
        "the phone [rang|rings] [all day|every few minutes|twice], and the van [was|is] [full|ready|late].",
        "there is a [list|note] {spot}: {number} {flowers}, one {pot}, and {a_gift}.",
        "\"How much are the {flowers}?\" asked {name}. \"They are {price} a bunch,\" said {staff}.",
        "\"Are the {flowers} fresh?\" asked {name}. \"They came this morning,\" said {staff}.",
        "\"Which flowers last longest?\" asked {name}. {staff} thought for a moment and [pointed at|chose] the {others}.",
    ],
    [
        "{name} [bought|took|paid for] {number} of them and [left with a smile|went to {place}|promised to come back].",
        "{a_relative} of {friend} [chose|ordered] {flowers} for {event}.",
        "{staff} [wrapped|packed] them in paper and [added|wrote] a card.",
        "by noon [half of the {flowers} were gone|the buckets were empty|the window was full again].",
        "in the afternoon {friend} [brought|sent] [a box of fresh {others}|coffee and cake|a bill].",
        "nobody [left|went home] without a flower.",
    ],
    [
        "at six the lights [went out|go out], and the street [was|is] quiet.",
        "{staff} [likes|loves] this [work|job], [because|since] every bouquet [tells a story|makes someone happy|is different].",
        "that is how [a day at the shop ends|things go at {shop}].",
        "the next day it all [began|starts] again.",
        "so the shop [made|earned] {price} more than on {later}.",
        "and the {pot} in the corner [got|had] a new leaf.",
    ],
)
_GARDEN = (
    [
        "[in {season}|in {month}|every {season}|last {season}] [we|I|they] [plant|planted|grow|grew] {flowers} [behind the house|along the wall|in front of the window].",
        "[our|my|the] [garden|balcony|window box] is [small|sunny|full of {flowers}|not large, but it is green].",
        "{name} [has|had|keeps|wanted] a [garden|small garden|balcony] [behind the house|near {place}|in {street}].",
        "[we|they] moved to {street} [in {month}|last {season}|when I was {number}], and the first thing [we|they] [planted|bought] was {a_pot}.",
        "[when|as soon as|after] {season} [comes|came|ends], [the garden changes|we clean the {tool}|I sow new seeds].",
        "[a garden|a good garden|a balcony] needs [time|water|light and water|patience].",
        "the [garden|soil|balcony] [was|is] [dry|wet|cold] [in {month}|after the rain|this week].",
        "last year [nothing grew|the snails ate everything|we had too much rain].",
    ],
    [
        "I [dig|dug] the soil with a {tool} and [add|added] [some compost|old leaves|a little sand].",
        "the {flowers} [came up|bloomed|opened] in {month}, first the {colour} ones and then the {shade} ones.",
        "[my {relative}|{friend}] [helped|helps] me to [water|weed|plant] on {day}.",
        "the bees [love|visit|like] the {flowers}, and [the cat sleeps between them|I like the bees].",
        "snails [eat|ate] the young leaves, so I [put|set] a ring of sand around them.",
        "it [did not rain|rained] for {number} days, and [I carried water every evening|the ground was soft].",
    ],
    [
        "we [cut|picked] {number} of them and [gave them to|shared them with] [my {relative}|{friend}|the neighbours].",
        "I [learned|know now] that [they like {light}|roots need air|too much water is worse than too little].",
        "in the evening we [sit outside|sat outside] with {food} and [watch|watched] the light go.",
        "the [garden|balcony] [taught|teaches] me to [wait|be patient|look closely].",
        "{name} [wrote|writes] everything in a [green|small|thick] book: the rain, the seeds, the first flower.",
    ],
    [
        "next {season} I want to [try|plant|grow] {others}.",
        "it is [not much|a small place], but it is [ours|mine|enough].",
        "everything [grows|takes time], and that is [fine|good].",
        "I would not [sell|leave|change] it for anything.",
        "and when the first {flower} opens, [I call everyone|we drink tea beside it|all the work is forgotten].",
    ],
)
_PARTY = (
    [
        "[we|they] are [having|planning] {event} on {day}, and [everyone|the whole street|my {relative}] is coming.",
        "[on {day}|next week|tomorrow] is {event}, and [I have no gift yet|the house is full of guests|we need flowers].",
        "{friend} [invited|has invited] [me|us] to {event} [on {day}|in {month}|at {place}].",
        "[there was|there will be] {event} at {place}, and {name} [was|is] [in charge of|asked to bring] the flowers.",
        "[the party|the dinner|the wedding] [was|is] [at {place}|in the garden|on {day}].",
        "[tonight|tomorrow|this evening] [we have guests|my {relative} comes to dinner|we eat at {place}].",
    ],
    [
        "{name} [wanted|asked for] {colour} {flowers} on every table.",
        "we [ordered|need|bought] {number} bunches of {flowers} and {number} candles.",
        "I [asked {staff}|called {shop}] for [help|advice], because I [know nothing about flowers|wanted something special|had only {price}].",
        "my {relative} [baked|made|brought] {food}, and my {second} [set the table|chose the music|washed the glasses].",
        "the tables were [long|round|old], and on each [stood|was] {a_vase} with {flowers}.",
    ],
    [
        "[the guests|people|everyone] [came|arrived] [at seven|in the rain|with gifts] and [stayed|danced|talked] until [midnight|late].",
        "someone [sang|told a story|played the piano], and [we all listened|the children laughed].",
        "{friend} brought [{a_pot}|{a_gift}|{flowers}], which was [a lovely idea|just right].",
        "{name} gave a short speech and [thanked|hugged] [everyone|my {relative}].",
    ],
    [
        "at the end everyone [took|got] {a_flower} home.",
        "it was [a wonderful evening|the best party of the year|a little loud, but fun].",
        "the {flowers} [lasted|stayed fresh] for {number} days after that.",
        "we [washed up|cleaned the {room}] together and [laughed|went to bed at two].",
    ],
)
_LOST = (
    [
        "[yesterday|on {day}|last {season}|once] I [lost|forgot|found|broke] {a_vase} at {place}.",
        "[he|she|{name}] [lost|could not find|forgot] the [keys|card|{tool}] [on {day}|in the garden|at {shop}].",
        "I [forgot|nearly forgot] {event}[| of my {relative}].",
        "I [made|have made] a mistake: I [sent|ordered] {others} instead of {flowers}.",
        "something [strange|funny|nice] happened [on {day}|at {place}|in the shop].",
        "I [do not know|never learned|wish I knew] how to [say sorry|tie a bouquet|keep {a_pot} alive].",
        "I am [so sorry|sorry], I [forgot|broke|lost] the {vase}.",
        "[he|she] was [late|{feeling}|in a hurry] and [left|forgot] the {flowers} [on the bus|at {place}|in the car].",
    ],
    [
        "[I looked|{name} looked] [everywhere|under the table|in every box], but [it was gone|there was nothing].",
        "I [was|felt] [ashamed|nervous|sad] and [called|asked] my {relative}.",
        "so I [ran|went|drove] to {shop} [five minutes before six|in the rain|as fast as I could].",
        "my {relative} [laughed|was not angry|only smiled] and said, \"[It can happen to anyone|We will find a way|Never mind].\"",
    ],
    [
        "{staff} [had|found|kept] it behind the desk[| and gave me {a_flower}| the whole time].",
        "{staff} [tied|made] a new bouquet of {flowers} and [took no money|asked only {price}].",
        "[a neighbour|{friend}|a child] [had found|brought] it back.",
        "then I saw it: it [was|stood] {spot}, next to the {flowers}.",
    ],
    [
        "since then I [write everything down|am more careful|always buy flowers on {day}].",
        "in the end [all was well|we laughed about it|nobody noticed].",
        "I learned that [people are kind|it is fine to ask for help|a flower says more than I can].",
        "[I will not|{name} will not] forget that day.",
    ],
)
_LOVE = (
    [
        "{name} [was|is] in love with {friend}, but [did not dare to say it|nobody knew|was too shy to speak].",
        "{name} and {friend} [met|first met] at {place} [in {month}|on a rainy {day}|{number} years ago].",
        "{name} [thought about|could not forget|wrote to] {friend} [every day|all week|for a year].",
        "[I met|I saw] {friend} [at {place}|in {street}|at {shop}] [on {day}|last {season}|{number} years ago].",
        "{name} [lived|lives] alone [in {street}|near {place}] with [a cat|{a_pot}|{number} plants].",
        "{name} [moved|came] to the town in {month} and [knew nobody|had no friends yet|felt lonely].",
        "{name} [is|was] [a baker|a painter|a nurse|a driver|a cook|a student|a gardener|a postman] and [lives|lived] near {place}.",
    ],
    [
        "one {day} {name} [bought|chose|picked] {number} {colour} {flowers} at {shop}.",
        "they [talked about|shared a love of] {flowers} and [drank tea|walked through the park].",
        "on {day} there was {a_flower} [in front of the door|on the desk], without a name.",
        "every {day} {name} [went|walked] to {shop} and [bought|asked for] one {flower}.",
        "{staff} [noticed|saw it|understood] and [smiled|gave good advice|chose the best stem].",
    ],
    [
        "\"[Who sent|Who are] these?\" asked {friend}. Nobody [answered|knew].",
        "\"I wanted to thank you,\" said {name}. \"For what?\" asked {friend}. \"For everything.\"",
        "{friend} [read|opened] the card and [turned red|smiled|sat down].",
        "\"Would you like to [have tea|go for a walk|see my garden]?\" asked {name}. \"Yes,\" said {friend}, \"I would like that.\"",
        "at first they [said nothing|talked about the weather], and then they [could not stop talking|laughed].",
    ],
    [
        "today they [live together in {street}|have a garden full of {flowers}|are still friends].",
        "{event} was [in {month}|at {place}|small and happy], and [of course|naturally] there were {flowers}.",
        "sometimes {a_flower} [is braver than a word|is the beginning of a story|says it all].",
        "and that is how they became friends.",
        "they still [keep|have] the card [in a box|{spot}].",
    ],
)
_LEARN = (
    [
        "[today|yesterday|this week|on {day}] [I learned|we learned|I read|I wanted to learn] [something about {flowers}|how to tie a bouquet|how {flowers} drink].",
        "[I am|she is|he is] [learning|trying] to [grow {flowers}|tie bouquets|paint {flowers}|bake {food}].",
        "[I want|I would like|I plan|she wants|he wants|we want] to [open a flower shop|learn about plants|buy {a_pot}|visit the garden near {place}|learn to cook].",
        "[I like|I love|we like|we love] to [walk in the park|work in the garden|look at the {flowers} in the window|read about plants|have {food} in the garden].",
        "[I have|we have|she has|he has] [{a_pot} in the {room}|{number} plants|two cats and {a_pot}|a small garden].",
        "[I think|we think|she thinks|people say] that {flowers} are [the best gift|too expensive|prettier than {others}|easy to grow].",
        "[you can|one can|anyone can] [grow {flowers}|learn to tie a bouquet|keep {a_pot}], even in [a small {room}|the city].",
        "[he|she] [is|was] [{feeling}|a florist|good with plants|new at the shop].",
        "[we|they] [went|drove|walked] to [the sea|the hills|{place}|the market] [on {day}|in {month}].",
        "[I was|we were|she was|he was] [at {place}|in the garden|on the train|on the way to {shop}] when [it began to rain|the phone rang|I saw the {flowers}].",
    ],
    [
        "the first time [it went wrong|was hard|nothing worked], [but I tried again|and that was fine].",
        "{staff} [showed me|explained] [how to cut the stems|what to look for|which colours go together].",
        "{flowers} need [fresh water|clean water] {water} and [{light}|a clean {vase}].",
        "the {pot} [needs|wants] water {pot_water}, and it likes {pot_light}.",
        "it [takes|took] [{number} days|an hour|a whole {season}] and [costs|cost] [very little|{price}].",
        "my {relative} [knows|knew] everything about it and [laughed at|helped|taught] me.",
    ],
    [
        "{tip}", "{pot_tip}",
        "now there are {number} of them {spot}.",
        "[slowly|step by step|day by day] it [got better|became easier|grew].",
        "we [took pictures|bought {flowers}|ate {food}] and [came home late|talked for hours].",
    ],
    [
        "[it is|that was] [fun|worth it|not hard|a good start].",
        "I [would|will] [do it again|tell {friend} about it|try {others} next].",
        "if you [want|like], [come and see|I can show you|ask {staff} at {shop}].",
        "who knows what [{season} brings|comes next]?",
        "you should [try it|try it too|see it] one day.",
    ],
)

_FABLE = (
    [
        "once upon a time there [was|lived] {a_animal} [who lived under|under|near|in the shade of] {a_flower}.",
        "once upon a time, [in a garden|behind the flower shop|near {place}], there lived {a_animal} and {a_beast}.",
        "[long ago|one {season}|one day], {a_animal} [met|found|saw] [{a_colour} {flower}|a small {beast}|{a_beast} in the rain].",
        "there was once {a_animal} who [loved|feared|wanted] [the rain|the moon|{flowers}|the highest leaf].",
        "a {manner} {animal} [lived|sat|slept] under {a_flower} [in the garden|behind the shop].",
        "the {animal} and the {beast} were [friends|neighbours|not always friends].",
        "in [a garden|a greenhouse|a window box] [near {place}|in {street}] lived {a_animal}.",
    ],
    [
        "the {animal} was {manner}, and [everyone|the {beast}] [knew it|laughed about it|liked that].",
        "every morning the {animal} [looked|went] [up at the {flower}|to the old wall|to the water] and [sang|waited|said hello].",
        "one {season} [there was no rain|the wind was strong|{a_flower} would not open], and the {animal} [was worried|had an idea|began to work].",
        "\"Why do you [hurry|wait|smile|work so hard]?\" asked the {beast}. \"[Because {season} is short|You will see|Because I like it],\" said the {animal}.",
        "\"May I [sit here|have a leaf|stay for the night]?\" asked the {beast}. \"[Of course|Yes, there is room for two|If you are quiet],\" said the {animal}.",
    ],
    [
        "so they [carried water|waited together|climbed up|shared a leaf], [drop by drop|step by step|all day and all night].",
        "the {beast} [helped|did not believe it|brought a friend], and [together they tried again|soon it was done].",
        "then [the rain came|the sun came out|the wind stopped], and the {flower} [opened|lifted its head|grew].",
        "it took {number} days, and [nobody slept much|the moon watched|they grew tired].",
        "a [storm|cold night] came, but [the leaves kept them dry|they held on to the stem].",
    ],
    [
        "from that day on they [were friends|met every evening|lived under the same leaf].",
        "and the {animal} said, \"[Small steps go far|It is good to have a friend|We only had to wait].\"",
        "if you [look closely|walk past {place}], you can [still see them|see them there].",
        "and they [lived|stayed] there happily, [until the next {season}|as far as I know].",
        "that night they slept well.",
    ],
)

# Letters: a greeting, paragraphs, a closing.
_TO_SHOP = [
    (
        ["Dear {shop},", "Dear {shop},", "Dear {shop},", "Hello {shop},", "Dear {staff},", "Dear Sir or Madam,", "To the team at {shop},"],
        [
            "[I ordered|I bought|last week I ordered|on {day} I ordered] {number} {colour} {flowers} [for my {relative}|for {event}|from your shop]. [They arrived on {later}|They came {slot}|The box came on {later}], [but half of them were wilted|but two stems were broken|and they were perfect|and everyone loved them].",
            "[thank you|thank you so much|many thanks] for the [{flowers}|beautiful {flowers}|{colour} bouquet]. My {relative} [was so happy|put them {spot}|could not believe it], and [they lasted for {number} days|the whole {room} smells of them].",
            "[I would like|I want|we would like] to order {number} {flowers} for {event} on {day}. [Could you|Can you|Is it possible to] deliver them to {street} {slot}? My budget is {price}.",
            "I have a question about [my order|the {pot} that I bought|the {flowers} from {day}]. [The leaves are yellow|It has not arrived|The colour is not what I chose], and I do not know what to do. [Can you help me?|What do you advise?|Should I send a picture?]",
            "[I am sorry to say|I must tell you|it is a pity] that my last order was [late|not fresh|wrong]. I asked for {flowers}, and I got {others}. [Could you|Would you] [send new ones|give me my money back|call me], please?",
            "[I am writing|I write] to [thank you|ask for help|order flowers|tell you a story]. My {relative} [turns {age}|has {event}] on {day}, and {she} [loves {flowers}|has no garden|lives near {place}].",
            "every {season} I [buy|order] {flowers} from you, and [I have never been sorry|they are always fresh]. This time I [need|would like] something [new|special|small] for {event}. [Which flowers|What] would you choose for {price}?",
        ],
        [
            "[please call me|please write to me|you can reach me] [{slot}|on {later}|after work].",
            "I look forward to [your answer|hearing from you].",
            "[thank you for your help|thank you in advance|thanks again].",
            "please tell {staff} that [the card was lovely|I said hello|the ribbon was perfect].",
            "I will [come back|order again|visit the shop] [in {month}|soon|on {later}].",
        ],
        ["[Best wishes|Kind regards|Yours|With best wishes],\n{name}"],
    ),
    (
        ["Dear {name},", "Dear {name},", "Hello {name},", "Hi {name},"],
        [
            "thank you for [your letter|your order|writing to us]. [We are sorry that|We are sad to hear that|We read that] your {flowers} [were late|arrived wilted|were not {colour}].",
            "thank you for your kind words about the {flowers}. [We showed|{staff} showed] your letter to [the whole team|everyone], and we [were very happy|all smiled].",
            "your order of {number} {flowers} is [ready|on its way|packed]. It [will arrive|comes] on {day} {slot}.",
            "you asked about [your|the] {pot}. It likes {pot_light}. Water it {pot_water}. {pot_tip}",
            "you asked how to keep {flowers} fresh. Put them in {light} and give them new water {water}. {tip}",
        ],
        [
            "[we have sent|we will send|today we sent] a new bouquet to {street}, and you [do not have to pay|pay nothing].",
            "if [you have a question|anything is wrong|you need help], [call us|just write to us|ask for {staff}].",
            "we hope that [you enjoy them|your {relative} likes them|it helps].",
            "the price is {price}, and [the delivery is free|you can pay by card].",
        ],
        ["[Best wishes|Kind regards|Warm regards],\n{staff}, {shop}"],
    ),
    (
        ["Dear {name},", "My dear {name},", "Dear {relative},", "Hello {name},", "Hi {name},", "Dear friend,", "Dear diary,", "Dear neighbour,", "Dear all,"],
        [
            "how are you? [Here|In {street}] [it is {season}|it rains every day|the {flowers} are in bloom], and I [think of you|miss you|have been busy].",
            "I am writing to you from [the garden|my {room}|the train|{place}]. [Next to me|On the table] stands {a_vase} with {flowers}.",
            "thank you for the {flowers}! They [came|arrived] on {day}, and now they stand {spot}. You [remembered|knew] that I [love|like] {colour}.",
            "[happy birthday|all the best]! I hope that your day is [full of flowers|warm and bright|as lovely as you].",
            "do you remember [the garden of my {relative}|our day at the sea|{event} of {friend}]? I [thought of it|found a picture of it] yesterday.",
            "I have [news|good news|something to tell you]: I [found work at a flower shop|am moving to {street}|am planning {event}].",
            "I heard that you are [ill|not well|in hospital]. I hope that you [feel better soon|can go home soon], and I am sending you {flowers}.",
        ],
        [
            "my {relative} [says hello|asks about you|is fine] and [works in the garden|still bakes {food}|has a new cat].",
            "[on {day}|last week] I [planted|bought] {others}, and [now I wait|they already look good|my hands are still dirty].",
            "[come and visit us|please visit me|you must come] in {month}. We will [have {food}|sit in the garden|walk to {place}].",
            "[write soon|please write|tell me everything] [when you have time|and tell me how you are|about your garden].",
        ],
        ["[Love|With love|Yours|Your friend|Best wishes|See you soon],\n{friend}"],
    ),
]

# Everyday questions with an answer.
_ADVICE = [
    (
        [
            "what [should|can|could|do] I [bring|take|give] to {event}?",
            "what [should|can|could] I [bring|take|give] to a [housewarming|dinner|party|wedding|birthday party]?",
            "what is [a good|a nice|the best] [gift|present|flower] for {event}?",
            "what [flowers|gift|present] [should|can|do] I [buy|choose|give|send] [for|to] my {relative}?",
            "which flowers [are good|are right|should I take|would you choose] for {event}?",
            "can you [recommend|suggest] [something|flowers|a gift] for {event}?",
            "I need [a gift|flowers|an idea] for {event}. What [do you suggest|would you take|is best]?",
            "what [do|does] [people|one|you] [give|bring|send] for {event}?",
        ],
        [
            "[you could bring|bring|take|I would take|I would bring] [a bunch of {flowers}|{number} {colour} {flowers}|{a_pot} in a pot|{a_gift} and some {flowers}].",
            "[{a_pot}|a bunch of {flowers}|{a_gift}] is [a good|a lovely|always a nice] gift.",
            "for {event} [many people|most of our customers] [choose|bring|send] {flowers}.",
            "[that depends on your budget|it depends], but {flowers} are [never wrong|always welcome].",
        ],
        [
            "[they last long|they need little care|it lasts for years|nobody has too many flowers], and [the price is fair|they suit every room|they are easy to carry].",
            "{colour} is [a friendly|a warm|a happy] colour for [such a day|friends|a new home].",
            "[add|write|do not forget] a [small|short|kind] card.",
            "[with|for] {price} you get [a big bouquet|{number} stems|a bunch and a card].",
            "if they have [cats|a dog|small children], [ask which plants are safe|choose {flowers} with care|tell us first].",
        ],
    ),
    (
        [
            "how [do I|can I|should I] [keep|make] [cut flowers|my {flowers}|{flowers}|a bouquet] [fresh|last longer]?",
            "how long do {flowers} last?",
            "how often [do I|should I] change the water of {flowers}?",
            "why do my {flowers} [wilt|hang their heads|die so fast]?",
            "how do I [cut|care for|look after] {flowers}?",
        ],
        [
            "{flowers} like {light} and fresh water {water}.",
            "[cut|trim] the stems [at an angle|with a sharp knife] and [use|take] a clean {vase}.",
            "[most|many] {flowers} last [a week|{number} days], [if the water is clean|if they stay cool].",
            "[they may be thirsty|the room may be too warm|the stems may be blocked]. Cut them again and give them cool water.",
        ],
        ["{tip}", "[keep|put] them away from [fruit|the heating|the sun].", "take off all leaves that stand in the water.", "change the water {water}."],
    ),
    (
        [
            "how [do I|should I|can I] [care for|look after|grow|keep] [{a_pot}|my {pot}]?",
            "how often [do I|should I|must I] water [{a_pot}|my {pot}]?",
            "why [are|does] [the leaves of my {pot} yellow|my {pot} lose its leaves]?",
            "where [do I|should I|can I] put [{a_pot}|my {pot}]?",
            "does [{a_pot}|my {pot}] need much light?",
            "is {a_pot} [easy|hard] to keep?",
        ],
        [
            "[give it|{a_pot} likes|it likes|it needs] {pot_light}.",
            "water it {pot_water}[|, not more often|, and let the rest run off].",
            "[it may be|perhaps it is|often it is] [too much water|too little light|a cold window]. Water it {pot_water} and place it in {pot_light}.",
        ],
        ["{pot_tip}", "a pot with a hole is [important|best].", "it will [thank you|grow new leaves] in {season}.", "[be patient|give it time], it [grows slowly|needs a few weeks]."],
    ),
    (
        [
            "[do you|can you|does {shop}|could you] deliver [on {day}|to {street}|to {place}|today|before noon]?",
            "when [do you|does the shop|does {shop}] [deliver|send the flowers]?",
            "how [is|will] my order [delivered|come to me]?",
        ],
        [
            "yes, we deliver [every day but Sunday|from Monday to Saturday], also to {street}.",
            "our van goes to {street} [on {day}|{slot}|every day], and [the bike|the post] goes [further|everywhere else].",
        ],
        ["order before {later}, and [it will be on time|we will manage].", "the delivery [is free|costs four euros|is free from 40 euros].", "{staff} can tell you the hour."],
    ),
    (
        [
            "when [do you|does the shop|does {shop}] [open|close]?",
            "[is the shop|are you] open on {day}?",
            "where is [the shop|{shop}|your shop]?",
        ],
        ["we are [open|here] from [eight|nine] to six[, but not on Sunday|, every day|]. The shop is in {street}.", "you [find|can find] us in {street}, next to {place}. The door opens at [eight|nine]."],
        ["[come by|visit us] on {day}, when [the fresh {flowers} arrive|it is quiet].", "you can also [write to us|call us|order online]."],
    ),
    (
        [
            "where is my [order|bouquet|parcel]?",
            "[has my order|why has my order not] [arrived|left]?",
            "can I [change|cancel] my order?",
            "I have a [question|problem] with my order.",
        ],
        [
            "[please give me|may I have|tell me] your name [and the order number|and the day|please], and I will look for it.",
            "it [left|leaves] [the shop|by van] on {day} and [should arrive|arrives] {slot}.",
            "yes, you can change it until {day}. [Just write to us|Please call {staff}].",
        ],
        ["if it is late, we send [a new one|{flowers}] and you pay nothing.", "is there anything else?", "we are sorry that you had to ask."],
    ),
    (
        [
            "how much [does a bouquet cost|is a bouquet|does a bunch of {flowers} cost|are the {flowers}|is {a_pot}]?",
            "what [does|do] [a bouquet|the {flowers}] cost?",
            "do you have [something|flowers|a gift] for [less than|under|about] {price}?",
        ],
        ["a bunch of {flowers} costs {price}, with [a card|green leaves].", "for {price} you get {number} {flowers} in {colour}."],
        ["{a_vase} [is|costs] [ten|twelve|twenty] euros more.", "in {season} they are cheaper.", "you can pay [by card|when it arrives|with a gift card]."],
    ),
    (
        [
            "what is {shop}?", "who are you?", "what do you [sell|do]?", "what [can you do|is this]?", "who works at {shop}?", "tell me about {shop}.",
        ],
        [
            "{shop} is an online flower shop. We sell {flowers}, {others} and house plants.",
            "I am {staff} from {shop}, [a flower shop|the flower shop in {street}]. I [help people to find|tie|send] [flowers|bouquets].",
            "we are a small shop with [{number} people|one van and two bikes|a green door], and we send flowers to [the whole town|people like you].",
        ],
        ["[we are happy to help|just ask us].", "you can order until [noon|six] and [get them the next day|pick them up]."],
    ),
    (
        [
            "[what is|which is] the [best|prettiest|most popular] flower?",
            "do you like {flowers}?", "what is your favourite flower?",
            "which flower [do you like|would you be]?",
        ],
        [
            "[many|most|some] people [like|choose] {flowers}, [because they smell sweet|because they last|and I understand why].",
            "I like {flowers}, [the {colour} ones above all|and I like {others} too].",
            "[perhaps the {flower}|for me it is the {flower}|the {flower}, of course].",
        ],
        ["but [tastes differ|everyone is different|it is a matter of taste].", "my {relative} would say {others}.", "[look at them|see them] in {month}, and you will [know|see] why."],
    ),
    (
        [
            "[what is|tell me about] {a_flower}.",
            "what is {a_flower}?", "what are {flowers}?", "what do {flowers} [look like|need]?",
            "are {flowers} [expensive|hard to grow|easy to keep]?",
            "when do {flowers} bloom?", "what colour are {flowers}?",
        ],
        [
            "{flowers} are [cut flowers|flowers for the vase] that come in {colour}.",
            "{flowers} are often {colour}. They [want|need] {light} and fresh water {water}.",
            "you find {flowers} in [{colour}|{colour} and other colours], and they cost about {price}.",
        ],
        ["{tip}", "you can buy them at {shop}."],
    ),
    (
        [
            "why do [people|we|you] [give|love|buy] flowers?",
            "what [do|can] flowers [mean|say]?", "why are flowers [beautiful|important]?",
        ],
        [
            "because a flower says [thank you|I am sorry|I love you] [without a word|better than a letter].",
            "people [give|buy] flowers [for {event}|when words are not enough|to make a room warm].",
            "a flower [needs light and time|does not last], and so it [reminds us|shows us] that [life is short|good things grow slowly].",
        ],
        ["{flowers} [are|make] a good [beginning|start].", "my {relative} [always says|taught me] so.", "and some people just like {colour}."],
    ),
    (
        [
            "how [do I|can I] say [sorry|thank you|I love you] [to my {relative}|with flowers|]?",
            "what [should|can|do] I write on [the|a] card?",
            "what do I say to [my {relative}|{name}]?",
        ],
        [
            "[write|say] it [simply|from the heart]: \"[Thank you for everything|I am sorry|I think of you|You are dear to me].\"",
            "[send|take] {flowers} and [write one line|say it]: \"[Please forgive me|I could not have done it without you|I like you].\"",
        ],
        ["it does not have to be long.", "a few {flowers} [help|make it easier].", "the rest [comes by itself|the flowers will say]."],
    ),
    (
        [
            "how are you[| today]?", "what [are you doing|did you do] [today|on {day}]?", "how was your [day|week|{day}]?", "what makes you happy?",
        ],
        [
            "[I am|we are] fine, thank you. [The {flowers} are in bloom|It is {season}|The sun is out], [and there is much to do|and I like that].",
            "I [watered the {pot}|tied {number} bouquets|made {food}|worked in the garden] and [was happy|met {name}|thought of you].",
        ],
        ["and [you|how about you]?", "come and see me [on {later}|soon].", "my {relative} is [fine too|in the garden]."],
    ),
    (
        [
            "can you help me?", "do you have time [on {day}|today]?", "may I ask [you something|a question]?", "are you there?",
        ],
        ["[of course|yes|gladly]. [What is it about|What can I do for you|Which flowers do you need]?", "yes, [{staff}|someone] is here until six. [Just ask|Tell me more]."],
        ["I have time [until noon|all day].", "we [like to help|find an answer for most things]."],
    ),
    (
        [
            "what [should|can|do] [I|we] do [on {day}|in {month}|today|when it rains]?", "where [can|should] [I|we] go [on {day}|in {season}]?",
            "what [should I cook|do we eat] [tonight|on {day}]?",
        ],
        [
            "[go to|visit|walk to] {place} and [have tea|look at the {flowers}], [if the sun shines|even in the rain].",
            "[how about|I would like|let us have] {food} and [a walk|a quiet evening|friends at the table]?",
            "[plant|buy] {flowers}, [read a book|call your {relative}], and go to bed early.",
        ],
        ["{name} did that last week and [liked it|came back happy].", "it costs [nothing|very little]."],
    ),
    (
        [
            "what is [love|happiness|the meaning of life|time|a friend|a home|beauty]?", "what [matters|is important] in life?", "[is there|what is] a [good|happy] life?",
        ],
        [
            "[perhaps|maybe] [nobody knows|it is simple]: [grow something|be kind|look at the {flowers}].",
            "[it is|I think it is] [like {a_pot}|like a garden]: [it needs light, water and time|one must look after it].",
            "ask [my {relative}|a child|an old gardener], and [you will get an answer|you will hear: \"Plant {flowers}.\"]",
        ],
        ["that is [all|what I think].", "more I do not know.", "and [you|how about you]?"],
    ),
    (
        [
            "what [will the weather be|is the weather] like[| on {day}| today]?", "will it rain [on {day}|today|tomorrow]?", "is it [cold|warm] outside?",
        ],
        ["it will [rain|be sunny|be cold|be windy] on {day}, so [water the {pot}|take a coat|stay at home].", "[the sky is grey|the sun is out|there is a cold wind], and [the {flowers} do not mind|I like it]."],
        ["in {month} it is [often so|never sure].", "the {flowers} [need|like] the rain."],
    ),
    (
        [
            "what is your name?", "where [do you live|are you from|do you work]?", "who is {name}?", "do you know {name}?",
        ],
        ["my name is {name}, and I [live|work] in {street}.", "{name} is a [friend|neighbour|customer] [of ours|of mine|from {street}] who [loves|grows|buys] {flowers}."],
        ["I have [{a_pot} and a cat|a small garden|two children].", "we met at {place} [in {month}|{number} years ago].", "and what is your name?"],
    ),
]

# Opinions and statements.
_THOUGHT = [
    (
        [
            "flowers are [not only for holidays|a kind of language|small things that matter|the best part of {season}].",
            "[a flower|one flower|a single {flower}] [can|may] [change a room|make a day better|say more than a letter].",
            "{flowers} are [my favourite flowers|the flowers of {season}|hard to forget|flowers for patient people].",
            "the [best|most beautiful|first] [flower|gift|thing] [in the world|of the year|in a room] is [{a_flower}|something that grows|{a_colour} {flower}].",
            "there is [nothing|no better thing|no gift] [like|than] [fresh {flowers}|a garden in {season}|{a_flower} in {a_vase}].",
            "there [are|were] [many|{number}|few] {flowers} [in the garden|in the window|at the market].",
            "there is a [{flower}|{pot}|{vase}] {spot}.",
            "this is [a story|a good place|a small shop|my favourite {vase}|the first {flower} of the year].",
            "these {flowers} [are|were] [for you|fresh|a gift from {friend}|the last ones].",
            "love is [like {a_pot}|like a garden|patient|a word with many flowers].",
            "life is [short|like a garden|good when the {flowers} bloom|full of small gifts].",
            "happiness [is|can be] [{a_vase} with {flowers}|a warm {room}|a {day} without plans].",
            "spring [is|comes|begins] when [the first {flower} opens|the snow goes|people leave their coats at home].",
            "summer is [long|warm|loud], and [the garden needs water|the {flowers} stand tall].",
            "autumn [smells|is full] of [leaves|rain and apples], and [the light is soft|the days are short].",
            "winter is [quiet|long|not my favourite time], but [{a_pot} blooms {spot}|the house is warm].",
            "[the future|tomorrow|next year] is [a seed|open|hard to see], and [nobody knows what will grow|I am curious].",
            "in the future, [people|we|flower shops] will [still|perhaps] [need|want|send] {flowers}.",
            "every [flower|garden|bouquet|person] [has|tells] a story.",
            "all [flowers|plants|people] need [light|water and light|time].",
            "some people [collect stamps|like the sea|sing], others [grow {flowers}|like {flowers}|bake].",
            "no [garden|day|plan] is [perfect|like another].",
            "nothing [smells|looks] [as good as|better than] [{flowers}|fresh bread and {flowers}|rain in {season}].",
            "if I [were|was] a flower, I would be {a_flower}.",
            "if you [want|like|need] {flowers}, [go to {shop}|buy them in {season}|ask {staff}].",
            "if it [rains|snows|is sunny] [on {day}|tomorrow], [we stay at home|I will plant the {others}|we go to {place}].",
            "when [it rains|I am sad|I feel {feeling}|guests come], I [buy|look at|think of] {flowers}.",
            "the [weather|sky|sea|moon|town|street|house|train|school|market] [is|was] [quiet|beautiful|grey|full of people|far away] [today|in {month}|on {day}].",
            "the [children|neighbours|birds|cats|bees] [are|were] [in the garden|awake|outside] [all day|early|again].",
            "[a man|a woman|a girl|a boy|an old man|an old woman|a child] [sat|stood|walked] [in the park|near {place}|in {street}] with {a_flower}.",
            "[one day|some day] I [will|want to|would like to] [see|visit|open] [the sea|a garden in the south|my own shop|a field of {flowers}].",
            "[people|children|old friends|good neighbours|florists|gardeners] [know|say|believe|remember] that {flowers} [like {light}|bring luck|are for {season}].",
            "[money|time|work|music|a book|coffee|a dog|a cat|good food|science] is [a good thing|important|not everything], but [{a_flower} is better|so are {flowers}|I like {flowers} too].",
        ],
        [
            "[it does not|they do not|that does not] [cost much|need words|last forever], and that is [fine|the point|good].",
            "I [learned|understood|saw] this [at {shop}|from my {relative}|when I was {number}].",
            "[my|our] {relative} [thinks|says] [the same|that {others} are better|that I am right].",
            "[you only need|it takes] [a little water|a clean {vase}|some time] and [a bit of light|patience|a good place].",
            "last {season} I [put|had] {flowers} {spot}, and [everyone asked about them|the room was never empty].",
            "[look|just look] at the {flowers}: they [open in the morning|turn to the light|do not hurry].",
            "we [all|often] [forget|need] that [sometimes|on busy days].",
            "{name} [told|wrote to] me [so|about it] on {day}, and I [agree|had to smile].",
        ],
        [
            "that is why I [buy|grow|like] {flowers}.",
            "perhaps that is [enough|all|the secret].",
            "so [go outside|take your time|plant something] and [look|wait|see].",
            "I would not want to [miss|change] it.",
            "and if not, there is always [tea|{food}|next {season}].",
            "it [makes|made] me [{feeling}|think|smile].",
        ],
    ),
]

_CARD = [
    (["[Happy birthday|Happy birthday|All the best for your birthday], [dear {name}|{name}|{name}]!", "[congratulations|congratulations], {name}!", "[get well soon|feel better soon], [dear {name}|{name}]!",
      "[thank you|thank you so much|many thanks], [dear {name}|{name}]!", "[good luck|all the best|welcome home|welcome], {name}!", "[merry Christmas|happy new year|happy Easter|happy Mother's Day] [to you all|from all of us|to you, {name}]!",
      "[good morning|good evening|good night|goodbye|hello], {name}!", "[I love you|I miss you|I am sorry|I am proud of you|I am thinking of you], {name}."],
     ["[these {flowers} are for you|here are {number} {colour} {flowers}|I chose {flowers} for you], [because you like {colour}|because I thought of you|since words are not enough].",
      "[may your day be|I wish you a day] [as bright as these {flowers}|full of {flowers}|without rain].",
      "you are [the best {relative}|a wonderful friend|always so kind], and [I wanted to say it|we all know it].",
      "[we hope|I hope] that [you feel better soon|your new home is warm|the {flowers} make you smile]."],
     ["[see you on {day}|we will see you soon|call me when you can].", "[enjoy the day|have a lovely {day}|enjoy your {day}]!", "[put them|keep them] in {light}.", "[a big hug|a kiss] from [all of us|me and my {relative}|{friend}]."],
     ["[Love|Yours|With love|Best wishes], {friend}", "[Your|Your old friend] {friend}", "{friend} and {third}"]),
]

_STEPS = [
    (["how to [tie|make] a bouquet[| of {flowers}]", "a bouquet in four steps"],
     ["1. [Choose|Take] {number} {flowers} and some {others}.", "1. Take {flowers} in {colour} and a few green leaves."],
     ["2. Remove [the lower leaves|all leaves below the hand].", "2. [Cut|Trim] the stems at an angle."],
     ["3. Turn the bunch in your hand while you add [the {others}|one stem after another].", "3. Put the tallest stem in the middle and the others around it."],
     ["4. Tie it with {a_shade} ribbon and put it in {a_vase}.", "4. Cut all stems to the same length and give them water."]),
    (["how to [repot|move|plant] {a_pot}", "a new pot for {a_pot}"],
     ["1. [Water|Soak] the plant one day before.", "1. Choose a pot that is a little larger, with a hole."],
     ["2. [Lift|Take] it out and shake off the old soil.", "2. Put some stones and fresh soil into the pot."],
     ["3. Set the {pot} in the middle and fill the pot with soil.", "3. Press the soil down with your fingers or with a spoon."],
     ["4. Water it and place it in {pot_light}.", "4. Wait {number} days before you water it again."]),
    (["how to keep {flowers} fresh", "{flowers} that last longer"],
     ["1. Clean the {vase} with hot water.", "1. Cut the stems with a sharp knife."],
     ["2. Fill it with cool water.", "2. Take off the leaves that would stand in water."],
     ["3. Place the {flowers} in {light}.", "3. Keep them away from fruit and from the heating."],
     ["4. Change the water {water}.", "4. {tip}"]),
    (["[a shopping list|things to buy|to do] for {event}", "[shopping list|to do on {day}]"],
     ["- {number} {flowers}", "- {number} bunches of {flowers}, {colour}"], ["- {a_vase}", "- {a_gift} for {friend}", "- a card and {a_tool}"],
     ["- [bread|milk|tea|apples|candles|paper|rice|butter]", "- call {name}", "- water the {pot}"], ["- pay {shop}: {price}", "- pick up the cake at {place}", "- deliver {slot}"]),
]

_TALK = [
    (
        [
            "{asker}: [Hello|Hi|Good morning|Good evening|Excuse me], [[I am looking for|I need] [flowers for {event}|something for my {relative}|a gift for {event}].|do you have [flowers for {event}|something for my {relative}|a gift for {event}]?]",
            "{asker}: [Hello|Hi|Good morning], [I need flowers for {event}|I would like to order flowers|I want to send flowers to my {relative}].",
            "{asker}: [I want to give my {relative} a present|I do not know what to give my {relative}].",
        ],
        ["{helper}: [Good to see you|Welcome to {shop}|Hello and welcome]. [What|Which] colour do you like?", "{helper}: [With pleasure|Of course]. [How much would you like to spend|Is there a colour that you like]?"],
        ["{asker}: [{colour}, please|I like {colour}|Something in {colour}]. [My budget is {price}|It should not cost more than {price}|And no {others}, please]."],
        ["{helper}: [Then take|I would take|I suggest] {number} {flowers} [with green leaves|and a card|in {a_vase}]. [They are {price}|They came in this morning]."],
        ["{asker}: [Perfect, I will take them|Great, thank you]. [Can you deliver them on {later}|Please send them to {street}|And a card, please]."],
        ["{helper}: [Gladly|Yes, of course|That is no problem]. [Have a lovely day|Goodbye, and thank you|Thank you for your order]!"],
    ),
    (
        [
            "{asker}: [Hello|Hi|Good morning], [my bouquet has not arrived|my order is late|where is my order|my flowers did not come].",
            "{asker}: [Hello|Good evening], [my order has not arrived|I am still waiting for my {flowers}|the box did not come on {day}].",
        ],
        ["{helper}: [I am sorry to hear that|I am sorry|That should not happen]. [What is your name|May I have your name|Whom is it for]?"],
        ["{asker}: [My name is {name}|It is {name}], [in {street}|from {street}]. I ordered {number} {flowers} on {day}."],
        ["{helper}: [I found it|Thank you, I see it]. The van [was late|broke down|could not find the house]. [You will have it|It will arrive] [on {later}|{slot}|today]."],
        ["{asker}: [Thank you for your help|Thank you very much|That is good to know]. [That was quick|I will wait|I will be at home]."],
        ["{helper}: [You are welcome|We are happy to help], and [the delivery is free|we add a small {pot}|sorry again]."],
    ),
    (
        [
            "{asker}: [My {pot} looks sad|The leaves of my {pot} are yellow|I have a question about my {pot}].",
            "{asker}: [Hello|Hi], [my {pot} has brown leaves|my {pot} does not grow|I bought {a_pot} from you].",
        ],
        ["{helper}: [Where does it stand, and how often do you water it|Does it get light and water|I am sorry to hear that. Where is it, and how much water does it get]?"],
        ["{asker}: [In the {room}|On the shelf|Next to the heating], and I water it [every day|when I think of it|on {day}]."],
        ["{helper}: [It likes|Give it] {pot_light}. Water it {pot_water}. {pot_tip}"],
        ["{asker}: [Thank you, I will try that|I did not know that|So that was the problem]."],
        ["{helper}: [Good luck|Write to us again in {month}|It will soon look better]!"],
    ),
    (
        ["{name}: [How was your day|What are you doing|Where have you been|How are you]?"],
        ["{friend}: [It was fine|Fine|I am a bit tired]. I [bought {flowers}|watered the {pot}|met my {relative} at {place}|made {food}]."],
        ["{name}: [That sounds good|How nice|I like that]. [Shall we go out on {day}|Do you want tea|Will you come to {event}]?"],
        ["{friend}: [Yes, with pleasure|Yes, why not|Gladly], but [first I must water the plants|only if it does not rain|I have to work until six]."],
    ),
    (
        ["{name}: [Look|Come here|Guess what]! [I found {a_vase} for you|There is a parcel for you|{friend} sent us {a_flower}]."],
        ["{third}: [How lovely|I cannot believe it|Really]! [Where did you find it?|Show me.|My {relative} will be happy.]"],
        ["{name}: [It was {spot}|I saw it by chance|I almost missed it]. [Shall we put it in the {room}|Do you like it|What do you say]?"],
        ["{third}: [It is perfect|I like it|Yes], [let us keep it|and it smells of {season}|but be careful]."],
    ),
]

SCENES = {
    "tale": [_RELATIVE, _RELATIVE, _MORNING, _DELIVERY, _DELIVERY, _SHOPDAY, _GARDEN, _PARTY, _LOST, _LOVE, _LEARN, _LEARN],
    "fable": [_FABLE],
    "letter": _TO_SHOP,
    "advice": _ADVICE,
    "thought": _THOUGHT,
    "card": _CARD,
    "steps": _STEPS,
    "talk": _TALK,
}
