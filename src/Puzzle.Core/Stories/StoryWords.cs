namespace Puzzle.Core.Stories;

/// <summary>The words of the stories. Names and objects come in three disjoint pools, one for each split; the rest is shared.</summary>
public static class StoryWords
{
    // Short words: with 1,024 entries the tokenizer has room for about 350 whole words, and these should be among them.
    private static readonly StoryPool[] Pools =
    [
        new(
            Women: Split("Ann Mary Sue Jane Kate Rose Lily Emma Lucy Sara Ella Eva Amy Tina Vera Nina Ruth Ada Joan Helen"),
            Men: Split("Tom Bob Jack John Sam Ben Dan Max Paul Adam Carl Eric Ivan Leo Mark Nick Tim Will Dave Fred"),
            Things: Split("ball cup hat book key lamp box bag coat doll drum kite knife map pen plate ring rope shoe spoon sword toy bell bowl brush clock comb crown fan flag fork glove jar lock mask pan pipe pot rug soap"),
            Goods: Pairs("apple apples coin coins egg eggs card cards nut nuts pear pears shell shells bean beans cake cakes flower flowers nail nails stick sticks bead beads block blocks cookie cookies stamp stamps")),
        new(
            Women: Split("Ida Zoe Nora Rita Maud"),
            Men: Split("Hugo Luke Otto Finn Karl"),
            Things: Split("vase broom sled tray harp chain wheel tent boot gem"),
            Goods: Pairs("plum plums lime limes pebble pebbles seed seeds grape grapes button buttons")),
        new(
            Women: Split("Iris Lena Mia Flo Dora"),
            Men: Split("Oleg Ralf Noah Gus Theo"),
            Things: Split("net cape horn cart torch wand mug belt hook axe"),
            Goods: Pairs("fig figs melon melons onion onions acorn acorns lemon lemons bulb bulbs")),
    ];

    /// <summary>Zero to twenty.</summary>
    public static IReadOnlyList<string> Numbers { get; } = Split(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty");

    /// <summary>Places that people go to and things lie in.</summary>
    public static IReadOnlyList<string> Places { get; } = Split(
        "park kitchen garden school market forest office hall barn cellar shop church cave yard farm tower hotel meadow village library");

    public static IReadOnlyList<string> Colours { get; } = Split("red blue green yellow black white brown pink grey purple");

    internal static IReadOnlyList<string> Adjectives { get; } = Split(
        "old new big small clean dirty heavy light pretty broken warm cold soft hard round long short wet dry strange lovely plain shiny dusty cheap rare empty full thick thin ready safe narrow wide smooth rough sharp loose tight wooden simple useful fancy modern ancient huge tiny odd perfect ugly");

    internal static IReadOnlyList<string> Tastes { get; } = Split("bitter sour salty spicy fresh rotten frozen tasty pure mild warm cold");

    internal static IReadOnlyList<string> Moods { get; } = Split(
        "happy sad tired hungry angry calm proud brave shy kind busy late early lucky polite sleepy clever quiet careful thirsty lonely cheerful patient nervous curious gentle honest jealous lazy rich poor famous wise silly strong weak healthy sick young friendly rude serious grateful excited bored worried thankful hopeful fearful sorry glad pleased upset");

    internal static IReadOnlyList<string> Animals { get; } = Split(
        "dog cat horse cow goat sheep pig hen duck goose rabbit mouse fox wolf bear deer owl crow frog fish bee ant snake turtle donkey pony lamb rooster swan squirrel hedgehog badger beaver otter spider moth eagle hawk robin sparrow camel lion tiger monkey elephant zebra parrot pigeon salmon shark whale dolphin seal lizard worm beetle butterfly kitten puppy calf panda koala gorilla rhino hippo jaguar leopard ostrich pelican penguin");

    internal static IReadOnlyList<string> Workers { get; } = Split(
        "baker farmer teacher doctor sailor driver painter singer dancer writer judge nurse cook miller hunter fisher gardener soldier tailor carpenter king queen prince guard clerk waiter pilot dentist captain barber student neighbour visitor mayor plumber lawyer porter florist grocer butcher actor artist scientist engineer knight wizard pirate giant shepherd weaver potter mason detective gambler tourist musician poet chef coach referee librarian secretary manager cashier mechanic electrician astronaut explorer inventor magician juggler clown beggar hermit monk");

    internal static IReadOnlyList<string> Foods { get; } = Split(
        "bread cheese soup rice milk honey butter jam tea coffee salad pasta meat fruit sugar salt juice water pie porridge chocolate yogurt mustard pepper garlic stew cream honeycomb toast sauce syrup oil vinegar corn oatmeal pudding cereal sausage ham bacon omelette sandwich pizza dough ginger");

    internal static IReadOnlyList<string> Weathers { get; } = Split("sunny rainy windy cloudy foggy snowy stormy bright dark mild frosty hot cool");

    internal static IReadOnlyList<string> Days { get; } = Split("Monday Tuesday Wednesday Thursday Friday Saturday Sunday");

    internal static IReadOnlyList<string> Months { get; } = Split(
        "January February March April May June July August September October November December");

    internal static IReadOnlyList<string> Acts { get; } = Split(
        "slept waited sang smiled laughed cried jumped danced rested worked played listened talked shouted whispered walked ran hid stood sat coughed sneezed yawned nodded waved dreamed paused stumbled hurried wandered skipped climbed swam fell paddled knelt read wrote drew whistled snored giggled sighed shivered trembled escaped returned practised exercised prayed");

    internal static IReadOnlyList<string> Manners { get; } = Split(
        "slowly quickly softly loudly alone outside inside upstairs again often always together nearby quietly happily sadly gently calmly twice daily badly politely early late indoors outdoors downstairs everywhere suddenly eagerly bravely lazily neatly clumsily carefully cheerfully angrily nervously patiently silently somewhere forever anywhere nowhere");

    internal static IReadOnlyList<string> Makings { get; } = Split("made ate cooked bought sold tasted ordered served mixed shared smelled tried baked found prepared carried finished wasted stirred weighed packed boiled");

    internal static IReadOnlyList<string> Nature { get; } = Split(
        "sun moon wind rain snow river lake sea hill sky cloud star tree grass leaf stone sand road path field fire ice storm shadow night morning evening afternoon winter summer spring autumn island desert jungle volcano waterfall pond stream mud dust smoke fog thunder lightning rainbow moss root branch seedling swamp ocean wave shore cliff canyon glacier creek dew breeze");

    internal static IReadOnlyList<string> NatureActs { get; } = Split("came went rose fell shone stopped began ended changed vanished returned moved grew appeared disappeared glowed faded froze melted dried broke burst spread turned");

    internal static IReadOnlyList<string> Likings { get; } = Split("likes loves hates knows sees visits helps misses trusts remembers follows meets hears thanks calls");

    internal static IReadOnlyList<string> Relations { get; } = Split("friend cousin neighbour partner guest pupil nephew uncle brother teammate");

    internal static IReadOnlyList<string> Wares { get; } = Split(
        "mirror ticket towel umbrella watch whistle blanket bottle bucket camera candle chair flute guitar hammer jacket kettle ladder letter needle paddle pencil pillow purse radio scarf shovel sponge stool violin wallet compass ribbon trumpet saddle apron notebook parcel pitcher necklace teapot telescope bracelet barrel cushion wrench racket magnet puppet kayak table desk bed door window curtain carpet cupboard drawer shelf ship boat train bus bicycle wagon tunnel station harbour museum bakery stable castle cabin palace attic blender teaspoon napkin tablecloth mattress sofa armchair fridge oven stove heater helmet sandal slipper sweater vest skirt tie");

    internal static IReadOnlyList<string> BodyParts { get; } = Split("hands face hair feet teeth arms");

    /// <summary>The words that questions and answers are made of: all names and objects, numbers, places, colours. Each should be one token.</summary>
    public static IReadOnlyList<string> Core { get; } =
    [
        .. Enum.GetValues<StorySplit>().Select(Pool).SelectMany(p => (string[])[.. p.Women, .. p.Men, .. p.Things, .. p.Goods.SelectMany(g => (string[])[g.One, g.Many])]),
        .. Numbers, .. Places, .. Colours, "nobody",
    ];

    /// <summary>The words of all splits together.</summary>
    internal static StoryPool AllPools { get; } = new(
        [.. Pools.SelectMany(pool => pool.Women)], [.. Pools.SelectMany(pool => pool.Men)], [.. Pools.SelectMany(pool => pool.Things)], [.. Pools.SelectMany(pool => pool.Goods)]);

    /// <summary>The pools of one split.</summary>
    public static StoryPool Pool(StorySplit split) => Pools[(int)split];

    private static string[] Split(string words) => words.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static (string One, string Many)[] Pairs(string words)
    {
        var parts = Split(words);
        return [.. Enumerable.Range(0, parts.Length / 2).Select(i => (parts[2 * i], parts[(2 * i) + 1]))];
    }
}
