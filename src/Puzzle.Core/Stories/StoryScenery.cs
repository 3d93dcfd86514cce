namespace Puzzle.Core.Stories;

// Sentences about the weather, animals and workers: they change nothing, and bring in the wider vocabulary.
internal static class StoryScenery
{
    public static string Sentence(StoryRandom random) => random.Below(14) switch
    {
        0 => $"It was a {random.Pick(StoryWords.Weathers)} {random.Pick(StoryWords.Days)}.",
        1 => $"The {random.Pick(StoryWords.Animals)} {random.Pick(StoryWords.Acts)} {random.Pick(StoryWords.Manners)}.",
        2 => $"The {random.Pick(StoryWords.Workers)} was {random.Pick(StoryWords.Moods)}.",
        3 => $"The {random.Pick(StoryWords.Workers)} {random.Pick(StoryWords.Makings)} the {random.Pick(StoryWords.Foods)}.",
        4 => $"The {random.Pick(StoryWords.Nature)} {random.Pick(StoryWords.NatureActs)}.",
        5 => $"It was {random.Pick(StoryWords.Weathers)} in {random.Pick(StoryWords.Months)}.",
        6 => $"The {random.Pick(StoryWords.Wares)} was {random.Pick(StoryWords.Adjectives)}.",
        7 => $"The {random.Pick(StoryWords.Workers)} saw the {random.Pick(StoryWords.Wares)}.",
        8 => $"The {random.Pick(StoryWords.Animals)} {random.Pick(StoryWords.Acts)}.",
        9 or 10 => $"The {random.Pick(StoryWords.Nature)} was {random.Pick(StoryWords.Weathers)}.",
        11 => $"The {random.Pick(StoryWords.Workers)} saw {StoryDraft.A(random.Pick(StoryWords.Animals))}.",
        12 => $"The {random.Pick(StoryWords.Foods)} was {random.Pick(StoryWords.Tastes)}.",
        _ => $"The {random.Pick(StoryWords.Animals)} was {random.Pick(StoryWords.Moods)}.",
    };
}
