namespace Puzzle.Core.Stories;

/// <summary>How long and how hard the stories are.</summary>
public sealed record StoryOptions
{
    /// <summary>Fewest sentences of a story about things handed over (introductions included).</summary>
    public int MinSentences { get; init; } = 7;

    /// <summary>Most sentences of such a story.</summary>
    public int MaxSentences { get; init; } = 10;

    /// <summary>Fewest changes (found, lost, gave) in a story about counts.</summary>
    public int MinChanges { get; init; } = 1;

    /// <summary>Most changes in a story about counts.</summary>
    public int MaxChanges { get; init; } = 4;

    /// <summary>Fewest questions of a training document, where its story can answer that many (all tasks in turn).</summary>
    public int MinQuestions { get; init; } = 5;

    /// <summary>Most questions of a training document.</summary>
    public int MaxQuestions { get; init; } = 7;

    /// <summary>
    /// Relative weight of questions of 1, 2, 3, ... steps: among the numbers of steps that a story offers for a task one is drawn by weight,
    /// then a question of it. More steps than entries are never asked.
    /// </summary>
    public IReadOnlyList<double> StepWeights { get; init; } = [1, 0.8, 0.5, 0.3];

    /// <summary>Chance that an event hands on without naming the thing ("gave everything to"), which makes chains longer.</summary>
    public double IndirectShare { get; init; } = 0.5;

    /// <summary>Chance that a sentence changes nothing (someone wants the thing, the weather).</summary>
    public double DistractorShare { get; init; } = 0.15;

    /// <summary>Share of stories about counts; the rest are about things handed over.</summary>
    public double CountShare { get; init; } = 0.45;

    /// <summary>Share of training documents that only mention people and things, without a question.</summary>
    public double MentionShare { get; init; } = 0.1;

    /// <summary>Share of training documents that are a list of words, told twice.</summary>
    public double ListShare { get; init; }

    /// <summary>Share of training documents, lists left out, that are sums and differences alone.</summary>
    public double DrillShare { get; init; }

    /// <summary>Share of training documents, mentions left out, in which nothing happens and every fact is asked.</summary>
    public double FactShare { get; init; }

    /// <summary>Share of training documents that tell their story twice instead of asking about it.</summary>
    public double RetellShare { get; init; }

    /// <summary>All that is wrong with these options, one sentence each; empty where nothing is.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> problems = [];
        Check(MinSentences >= 3 && MaxSentences >= MinSentences && MaxSentences <= 40,
            $"sentences must be 3 <= min <= max <= 40, found {MinSentences} to {MaxSentences}");
        Check(MinChanges >= 1 && MaxChanges >= MinChanges && MaxChanges <= 20,
            $"changes must be 1 <= min <= max <= 20, found {MinChanges} to {MaxChanges}");
        Check(MinQuestions >= 1 && MaxQuestions >= MinQuestions && MaxQuestions <= 40,
            $"questions must be 1 <= min <= max <= 40, found {MinQuestions} to {MaxQuestions}");
        Check(StepWeights.Count >= 2 && StepWeights.All(w => double.IsFinite(w) && w >= 0) && StepWeights[0] > 0 && StepWeights[1] > 0,
            "step weights must be at least two finite numbers, none negative and the first two above zero");
        Check(IsShare(IndirectShare), $"indirect share must lie between 0 and 1, found {IndirectShare}");
        Check(DistractorShare is >= 0 and <= 0.8, $"distractor share must lie between 0 and 0.8, found {DistractorShare}");
        Check(CountShare is > 0 and < 1, $"count share must lie between 0 and 1, found {CountShare}");
        Check(MentionShare is >= 0 and < 1, $"mention share must lie from 0 to below 1, found {MentionShare}");
        Check(IsShare(ListShare), $"list share must lie between 0 and 1, found {ListShare}");
        Check(IsShare(DrillShare), $"drill share must lie between 0 and 1, found {DrillShare}");
        Check(IsShare(FactShare), $"fact share must lie between 0 and 1, found {FactShare}");
        Check(IsShare(RetellShare), $"retell share must lie between 0 and 1, found {RetellShare}");
        return problems;

        void Check(bool holds, string problem)
        {
            if (!holds)
            {
                problems.Add(problem);
            }
        }

        static bool IsShare(double value) => value is >= 0 and <= 1;
    }
}
