namespace Puzzle.Core.Stories;

// A story in which nothing happens: who has what, how many, who is where, and all of it asked. The first lesson: to look things up.
// People and things of all three pools occur: what is held out is never handed over, counted up or asked about after a change.
internal static class FactStory
{
    public static void Tell(StoryDraft draft)
    {
        var random = draft.Random;
        var people = StoryPerson.Sample(random, StoryWords.AllPools, random.Between(4, 5));
        var things = random.Sample(StoryWords.AllPools.Things, people.Length);
        var places = random.Sample(StoryWords.Places, people.Length);
        var (one, many) = random.Pick(StoryWords.AllPools.Goods);
        var numbers = random.Sample(StoryWords.Numbers, people.Length);
        string[] names = [.. people.Select(person => person.Name)];
        var kinds = names.Select(_ => random.Below(4)).ToArray();
        var (owners, visitors, counters) = (Those(0, 3), Those(1, 3), Those(2));
        for (var i = 0; i < names.Length; i++)
        {
            var (name, role) = (names[i], draft.Role(names[i]));
            if (kinds[i] is 0 or 3)
            {
                draft.Say(random.Chance(0.5) ? $"{name} had the {things[i]}." : $"The {things[i]} was with {name}.", $"h{role}{draft.Role(things[i])}");
                draft.Ask(StoryTask.Possession, 1, $"{When()} the {things[i]} was with", name, names);
                draft.Ask(StoryTask.Possession, 1, $"{When()} {name} had the", things[i], owners.Select(o => things[o]));
            }

            if (kinds[i] is 1 or 3)
            {
                draft.Say($"{name} was in the {places[i]}.", $"g{role}{draft.Role(places[i])}");
                draft.Ask(StoryTask.Recall, 1, $"{When()} {name} was in the", places[i], visitors.Select(v => places[v]));
                if (kinds[i] == 3)
                {
                    draft.Ask(StoryTask.Recall, 1, $"{When()} the {things[i]} was in the", places[i], visitors.Select(v => places[v]));
                }
            }

            if (kinds[i] == 2)
            {
                draft.Say($"{name} had {numbers[i]} {(numbers[i] == "one" ? one : many)}.", $"h{role}");
                draft.Ask(StoryTask.Recall, 1, $"{When()} {name} had", numbers[i], counters.Select(c => numbers[c]), numbers[i] == "one" ? $" {one}." : $" {many}.");
            }
        }

        string When() => random.Chance(0.5) ? "At first" : "At last";

        int[] Those(params int[] wanted) => [.. Enumerable.Range(0, names.Length).Where(i => wanted.Contains(kinds[i]))];
    }
}
