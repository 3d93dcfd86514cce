namespace Puzzle.Core.Stories;

// A training document without a question: who likes what, told twice in two orders. Here the names and objects that validation and
// test hold out are met as plain words (with gender and number), never handed over, counted up or asked about.
internal static class MentionStory
{
    public static Story Tell(StoryRandom random, StoryOptions options)
    {
        var draft = new StoryDraft(random, StoryWords.Pool(StorySplit.Train), options);
        var count = random.Between(3, 4);
        HashSet<string> used = [];
        List<string> echoes = [];
        while (echoes.Count < count)
        {
            var pool = StoryWords.Pool((StorySplit)random.Below(3));
            var person = StoryPerson.Sample(random, pool, 1)[0];
            pool = StoryWords.Pool((StorySplit)random.Below(3));
            var (thing, goods, number) = (random.Pick(pool.Things), random.Pick(pool.Goods), random.Between(2, 20));
            if (!used.Add(person.Name) || !used.Add(thing) || !used.Add(goods.One))
            {
                continue;
            }

            var (first, echo) = random.Below(6) switch
            {
                0 => ($"{person.Name} is a {random.Pick(StoryWords.Workers)} and has {StoryDraft.A(thing)}.", $"The {thing} is with {person.Name}."),
                1 => ($"{person.Name} lost {person.Her} {thing}.", $"{Capital(person.She)} misses the {thing}, says {person.Name}."),
                2 => ($"{person.Name} sees the {goods.Many}.", $"The {goods.Many} are {random.Pick(StoryWords.Adjectives)}, says {person.Name}."),
                3 => ($"{person.Name} has {StoryWords.Numbers[number]} {goods.Many}.", $"The {StoryWords.Numbers[number]} {goods.Many} are with {person.Name}."),
                4 => Liking(random, person, thing),
                _ => ($"{person.Name} has one {goods.One} in {person.Her} {thing}.", $"The {goods.One} is in the {thing} of {person.Name}."),
            };
            draft.Say(first, "");
            echoes.Add(echo);
        }

        var order = echoes.ToArray();
        random.Shuffle<string>(order);
        foreach (var echo in order)
        {
            draft.Say(echo, "");
        }

        if (random.Chance(0.5))
        {
            draft.SayScenery();
        }

        return new Story(draft.Body, draft.Body, [], "mention");
    }

    private static (string First, string Echo) Liking(StoryRandom random, StoryPerson person, string thing)
    {
        var verb = random.Pick(StoryWords.Likings);
        var friend = $"{person.Her} {random.Pick(StoryWords.Relations)} with the {thing}";
        return ($"{person.Name} {verb} {friend}.", $"The one who {verb} {friend} is {person.Name}.");
    }

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];
}
