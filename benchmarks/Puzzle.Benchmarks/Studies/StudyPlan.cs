using Puzzle.Core.Recipes;

namespace Puzzle.Benchmarks.Studies;

/// <summary>What a study makes of one parent: a child for each target, other ways to prune, quantised models, and how all of them are judged.</summary>
internal sealed record StudyPlan
{
    /// <summary>The name of its folder and of its document in <c>docs/results</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The document's heading.</summary>
    public required string Title { get; init; }

    /// <summary>The recipe, below the repository's root.</summary>
    public required string Recipe { get; init; }

    /// <summary>Laid over the recipe in every run.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>A child each.</summary>
    public required IReadOnlyList<StudyTarget> Targets { get; init; }

    /// <summary>Uniform prunings to the same limits, healed with the same tokens.</summary>
    public IReadOnlyList<Baseline> Baselines { get; init; } = [Baseline.Homogeneous, Baseline.Depth];

    /// <summary>Task files below <c>shared</c>; a pattern with a star counts as one task, the mean of its files.</summary>
    public required IReadOnlyList<string> Tasks { get; init; }

    /// <summary>At most so many documents of a task.</summary>
    public int? Limit { get; init; }

    /// <summary>Held-out texts below <c>shared</c>, by name.</summary>
    public required IReadOnlyDictionary<string, string> Texts { get; init; }

    /// <summary>Tokens of each text.</summary>
    public int TextTokens { get; init; } = 32_768;

    /// <summary>Tokens of a window.</summary>
    public int Window { get; init; } = 256;

    /// <summary>Sequences at once.</summary>
    public int Batch { get; init; } = 16;

    /// <summary>How weights are stored in the models that are merely quantised.</summary>
    public IReadOnlyList<ServedType> Quantised { get; init; } = [ServedType.Q8_0, ServedType.Q4_0];

    /// <summary>Rounds of every timing.</summary>
    public int Repeats { get; init; } = 5;
}

/// <summary>A target: what it is called and the limits that the recipe's first scenario gets.</summary>
/// <param name="Name">As in <c>1.3x</c>.</param>
/// <param name="Limits">As YAML.</param>
internal sealed record StudyTarget(string Name, string Limits);
