namespace Puzzle.Core.Stories;

/// <summary>The words of the stories. Names and objects come in three disjoint pools, one for each split; the rest is shared.</summary>
public static class StoryWords
{
    /// <summary>Zero to twenty.</summary>
    public static IReadOnlyList<string> Numbers { get; } = Split(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty");

    /// <summary>Places that people go to and things lie in.</summary>
    public static IReadOnlyList<string> Places { get; } = Split(
        "park kitchen garden school market forest office library station hall barn cellar attic shop church harbour bridge museum bakery stable meadow village castle tower cave beach valley yard cabin farm");

    public static IReadOnlyList<string> Colours { get; } = Split("red blue green yellow black white brown pink grey purple orange golden");

    internal static IReadOnlyList<string> Adjectives { get; } = Split(
        "old new big small clean dirty heavy light pretty broken warm cold soft hard round long short wet dry strange lovely plain shiny dusty cheap rare empty full thick thin ready safe narrow wide smooth rough sharp loose tight wooden simple useful fancy modern ancient huge tiny odd perfect ugly bitter sour salty spicy fresh rotten frozen tasty pure");

    internal static IReadOnlyList<string> Moods { get; } = Split(
        "happy sad tired hungry angry calm proud brave shy kind busy late early lucky polite sleepy clever quiet careful thirsty lonely cheerful patient nervous curious gentle honest jealous lazy rich poor famous wise silly strong weak healthy sick young friendly rude serious grateful excited bored worried");

    internal static IReadOnlyList<string> Animals { get; } = Split(
        "dog cat horse cow goat sheep pig hen duck goose rabbit mouse fox wolf bear deer owl crow frog fish bee ant snake turtle donkey pony lamb rooster swan squirrel hedgehog badger beaver otter spider moth eagle hawk robin sparrow camel lion tiger monkey elephant zebra parrot pigeon salmon shark whale dolphin seal lizard worm beetle butterfly kitten puppy calf");

    internal static IReadOnlyList<string> Workers { get; } = Split(
        "baker farmer teacher doctor sailor driver painter singer dancer writer judge nurse cook miller hunter fisher gardener soldier tailor carpenter king queen prince guard clerk waiter pilot dentist captain barber student neighbour visitor mayor plumber lawyer porter florist grocer butcher actor artist scientist engineer knight wizard pirate giant shepherd weaver potter mason detective gambler tourist");

    internal static IReadOnlyList<string> Foods { get; } = Split(
        "bread cheese soup rice milk honey butter jam tea coffee salad pasta meat fruit sugar salt juice water pie porridge chocolate yogurt mustard pepper garlic stew cream honeycomb toast sauce syrup oil vinegar corn oatmeal pudding cereal sausage ham bacon omelette sandwich pizza dough ginger");

    internal static IReadOnlyList<string> Weathers { get; } = Split("sunny rainy windy cloudy foggy snowy stormy bright dark mild frosty hot cool");

    internal static IReadOnlyList<string> Days { get; } = Split("Monday Tuesday Wednesday Thursday Friday Saturday Sunday");

    internal static IReadOnlyList<string> Months { get; } = Split(
        "January February March April May June July August September October November December");

    internal static IReadOnlyList<string> Acts { get; } = Split(
        "slept waited sang smiled laughed cried jumped danced rested worked played listened talked shouted whispered walked ran hid stood sat coughed sneezed yawned nodded waved dreamed paused stumbled hurried wandered skipped climbed swam fell paddled knelt read wrote drew whistled snored giggled sighed shivered trembled escaped returned practised exercised prayed");

    internal static IReadOnlyList<string> Manners { get; } = Split(
        "slowly quickly softly loudly alone outside inside upstairs again often always together nearby quietly happily sadly gently calmly twice daily badly politely early late indoors outdoors downstairs everywhere suddenly eagerly bravely lazily neatly clumsily carefully cheerfully angrily nervously patiently silently somewhere forever");

    internal static IReadOnlyList<string> Makings { get; } = Split("made ate cooked bought sold tasted ordered served mixed shared smelled tried baked found prepared carried finished wasted stirred weighed packed boiled");

    internal static IReadOnlyList<string> Nature { get; } = Split(
        "sun moon wind rain snow river lake sea hill sky cloud star tree grass leaf stone sand road path field fire ice storm shadow night morning evening afternoon winter summer spring autumn island desert jungle volcano waterfall pond stream mud dust smoke fog thunder lightning rainbow moss root branch seedling swamp ocean wave shore cliff canyon glacier");

    internal static IReadOnlyList<string> NatureActs { get; } = Split("came went rose fell shone stopped began ended changed vanished returned moved grew appeared disappeared glowed faded froze melted dried broke burst spread turned");

    internal static IReadOnlyList<string> Likings { get; } = Split("likes loves hates knows sees visits helps misses trusts remembers follows meets hears thanks calls");

    internal static IReadOnlyList<string> Relations { get; } = Split("friend cousin neighbour partner guest pupil nephew uncle brother teammate");

    internal static IReadOnlyList<string> BodyParts { get; } = Split("hands face hair feet teeth arms");

    /// <summary>The pools of one split.</summary>
    public static StoryPool Pool(StorySplit split) => Pools[(int)split];

    private static readonly StoryPool[] Pools =
    [
        new(
            Women: Split("Ann Mary Sue Jane Kate Rose Lily Emma Lucy Sarah Alice Clara Ella Eva Grace Helen Julia Laura Nina Olivia Ruth Sally Tina Vera Wendy Amy Betty Carol Diana Fiona"),
            Men: Split("Tom Bob Jack John Sam Ben Dan Max Paul Peter Adam Alan Carl David Eric Frank George Harry Ivan James Kevin Leo Mark Nick Oscar Ralph Simon Tim Victor Will"),
            Things: Split("ball cup hat book key lamp box bag coat doll drum kite knife map mirror pen plate ring rope shoe spoon sword ticket towel toy umbrella watch whistle bell basket blanket bottle bowl brush bucket camera candle chair clock comb crown fan flag flute fork glove guitar hammer jar jacket kettle ladder letter lock mask needle paddle pan pencil pillow pipe pot purse radio rug scarf shovel soap sponge stool"),
            Goods: Pairs("apple apples coin coins stamp stamps egg eggs card cards nut nuts pear pears shell shells button buttons marble marbles bean beans carrot carrots cake cakes candy candies flower flowers grape grapes lemon lemons nail nails onion onions peach peaches potato potatoes sticker stickers stick sticks sweet sweets tomato tomatoes bead beads berry berries biscuit biscuits block blocks melon melons cherry cherries cookie cookies feather feathers")),
        new(
            Women: Split("Zoe Ida Martha Nora Paula Stella Hanna Irene"),
            Men: Split("Hugo Oliver Robert Luke Martin Felix Albert Bruno"),
            Things: Split("lantern violin wallet helmet compass ribbon vase tray broom sled trumpet saddle apron notebook parcel shield"),
            Goods: Pairs("plum plums acorn acorns pebble pebbles lime limes token tokens badge badges walnut walnuts radish radishes")),
        new(
            Women: Split("Maria Rita Gloria Linda Sonia Anita Flora Iris"),
            Men: Split("Oleg Philip Walter Arthur Henry Jacob Louis Roger"),
            Things: Split("pitcher harp necklace teapot telescope bracelet barrel cushion anchor wrench racket cloak magnet puppet kayak locket"),
            Goods: Pairs("fig figs crystal crystals mango mangos bulb bulbs seed seeds medal medals turnip turnips raisin raisins")),
    ];

    private static string[] Split(string words) => words.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static (string One, string Many)[] Pairs(string words)
    {
        var parts = Split(words);
        return [.. Enumerable.Range(0, parts.Length / 2).Select(i => (parts[2 * i], parts[(2 * i) + 1]))];
    }
}
