namespace Puzzle.Core.Stories;

/// <summary>The five kinds of question that a story can be asked.</summary>
public enum StoryTask
{
    /// <summary>Who, what, where: a fact that the story states, or the place that follows from it.</summary>
    Recall,

    /// <summary>Who holds what after all hand-overs.</summary>
    Possession,

    /// <summary>Sums, differences and counts, 0 to 20.</summary>
    Counting,

    /// <summary>What came first, before or after.</summary>
    Order,

    /// <summary>The form of a verb or pronoun that fits (is or are, his or her).</summary>
    Agreement,
}
