namespace Puzzle.Core.Stories;

// Somebody in a story.
internal readonly record struct StoryPerson(string Name, bool IsWoman)
{
    public string She => IsWoman ? "she" : "he";

    public string Her => IsWoman ? "her" : "his";

    /// <summary>Different people of a pool; where two or more, both genders occur, so that a pronoun is a choice.</summary>
    public static StoryPerson[] Sample(StoryRandom random, StoryPool pool, int count)
    {
        var women = count < 2 ? random.Below(count + 1) : random.Between(1, count - 1);
        StoryPerson[] people =
        [
            .. random.Sample(pool.Women, women).Select(name => new StoryPerson(name, true)),
            .. random.Sample(pool.Men, count - women).Select(name => new StoryPerson(name, false)),
        ];
        random.Shuffle<StoryPerson>(people);
        return people;
    }
}
