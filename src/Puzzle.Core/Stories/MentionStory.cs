namespace Puzzle.Core.Stories;

// A training document without a question: who has or likes what, said twice, in two orders and in other words. Here the names and
// objects that validation and test hold out are met as plain words (with gender and number), never handed over, counted up or asked about.
internal static class MentionStory
{
    public static Story Tell(StoryRandom random, StoryOptions options)
    {
        var draft = new StoryDraft(random, StoryWords.Pool(StorySplit.Train), options);
        var count = random.Between(3, 4);
        HashSet<string> used = [];
        List<(string Start, string Known, string Ending)> echoes = [];
        for (var told = 0; told < count;)
        {
            var pool = StoryWords.Pool((StorySplit)random.Below(3));
            var person = StoryPerson.Sample(random, pool, 1)[0];
            pool = StoryWords.Pool((StorySplit)random.Below(3));
            var (thing, goods, number) = (random.Pick(pool.Things), random.Pick(pool.Goods), random.Between(2, 20));
            if (!used.Add(person.Name) || !used.Add(thing) || !used.Add(goods.One))
            {
                continue;
            }

            told++;
            var name = person.Name;
            switch (random.Below(6))
            {
                case 0:
                    draft.Say($"{name} is a {random.Pick(StoryWords.Workers)} with {StoryDraft.A(thing)}.", "");
                    Echo($"The {thing} is with", name);
                    Echo($"The things of {name} are this", thing);
                    break;
                case 1:
                    draft.Say($"{name} misses {person.Her} {thing}.", "");
                    Echo($"{Capital(person.She)} misses the {thing}, says", name);
                    Echo($"{name} looks for the", thing);
                    Echo($"{name} misses", person.Her, $" {thing}.");
                    break;
                case 2:
                    var adjective = random.Pick(StoryWords.Adjectives);
                    draft.Say($"{name} sees the {goods.Many} and {person.Her} {goods.One}.", "");
                    Echo($"The {goods.Many}", "are", $" {adjective}.");
                    Echo($"The {goods.One}", "is", $" {adjective}.");
                    Echo($"{name} sees", person.Her, $" {goods.One}.");
                    break;
                case 3:
                    draft.Say($"{name} has {StoryWords.Numbers[number]} {goods.Many}.", "");
                    Echo($"The {goods.Many} are with", name);
                    Echo($"The {goods.Many} of {name} are", StoryWords.Numbers[number]);
                    break;
                case 4:
                    var verb = random.Pick(StoryWords.Likings);
                    draft.Say($"{name} {verb} {person.Her} {random.Pick(StoryWords.Relations)} with the {thing}.", "");
                    Echo($"The one who {verb} the {thing} is", name);
                    Echo($"{name} {verb}", person.Her, $" {thing}.");
                    break;
                default:
                    draft.Say($"{name} has one {goods.One} in {person.Her} {thing}.", "");
                    Echo($"The {goods.One} is in the {thing} of", name);
                    Echo($"The {goods.One} of {name} is in the", thing);
                    break;
            }
        }

        var order = echoes.ToArray();
        random.Shuffle<(string Start, string Known, string Ending)>(order);
        var answers = new (int, int)[order.Length];
        for (var i = 0; i < order.Length; i++)
        {
            var (start, known, ending) = order[i];
            draft.Say($"{start} {known}{ending}", "");
            answers[i] = (draft.Body.Length - ending.Length - known.Length - 1, known.Length + 1);
        }

        return new Story(draft.Body, draft.Body, [], answers, "mention");

        void Echo(string start, string known, string ending = ".") => echoes.Add((start, known, ending));
    }

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];
}
