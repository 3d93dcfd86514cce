namespace Puzzle.Core.Stories;

// Starts of sentences whose next word is fixed by grammar, with a noun of the other number in between.
internal static class AgreementLines
{
    public static void Add(StoryDraft draft, StoryPerson[] people)
    {
        var random = draft.Random;
        var goods = random.Sample(draft.Pool.Goods, 2);
        var thing = random.Pick(draft.Pool.Things);
        var near = random.Pick(["near", "behind", "under", "beside"]);
        var ending = $" {random.Pick(StoryWords.Adjectives)}.";
        var (first, last) = (people[0], people[^1]);
        Noun($"The {goods[0].Many} {near} the {thing}", many: true);
        Noun($"The {thing} {near} the {goods[0].Many}", many: false);
        Noun($"The {goods[0].One} {near} the {goods[1].Many}", many: false);
        Noun($"The {goods[1].Many} {near} the {goods[0].One}", many: true);
        var gift = $" {StoryDraft.A(thing)}.";
        Has($"Today {first.Name} and {last.Name}", many: true);
        Has($"The friend of {first.Name} and {last.Name}", many: false);
        Has($"The friends of {first.Name}", many: true);
        Has($"Today {first.Name}, the friend of {last.Name},", many: false);
        var part = $" {random.Pick(StoryWords.BodyParts)}.";
        Own($"Today {first.Name} and {last.Name} washed", "their");
        Own($"Today {first.Name}, the friend of {last.Name}, washed", first.Her);
        Own($"The friends of {last.Name} washed", "their");
        Own($"Today {last.Name}, not {first.Name}, washed", last.Her);

        void Noun(string start, bool many)
        {
            var (one, several) = random.Chance(0.5) ? ("is", "are") : ("was", "were");
            draft.Ask(StoryTask.Agreement, 1, start, many ? several : one, [one, several], ending);
        }

        void Has(string start, bool many) =>
            draft.Ask(StoryTask.Agreement, 1, start, many ? "have" : "has", ["has", "have"], gift);

        void Own(string start, string right) => draft.Ask(StoryTask.Agreement, 1, start, right, ["her", "his", "their"], part);
    }
}
