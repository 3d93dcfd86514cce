namespace Puzzle.Core.Search;

/// <summary>What to search for in a <see cref="PuzzleProblem"/>.</summary>
public sealed record SearchQuery
{
    /// <summary>What to make best.</summary>
    public Objective Objective { get; init; } = Objective.KlDivergence;

    /// <summary>Scenarios that the child must all satisfy, each with its own limits and batch.</summary>
    public IReadOnlyList<Scenario> Scenarios { get; init; } = [];

    /// <summary>Limits that belong to no scenario.</summary>
    public IReadOnlyList<Limit> Limits { get; init; } = [];

    /// <summary>Layers whose item is given: layer to the item's id, a pattern of it in which <c>*</c> stands for anything (<c>gqa_4 + *</c>), or <c>parent</c>.</summary>
    public IReadOnlyDictionary<int, string> Pinned { get; init; } = new Dictionary<int, string>();

    /// <summary>Items that must not be chosen.</summary>
    public IReadOnlyList<ForbiddenVariant> Forbidden { get; init; } = [];

    /// <summary>Rules of the formats that the child is meant for.</summary>
    public IReadOnlyList<ExportRule> ExportRules { get; init; } = [];

    /// <summary>One choice for all layers (pinned ones apart).</summary>
    public bool Homogeneous { get; init; }

    /// <summary>How many solutions to look for.</summary>
    public int SolutionCount { get; init; } = 1;

    /// <summary>In how many layers each further solution must differ from every earlier one. (The paper's alpha: layers * (1 - alpha), rounded up.)</summary>
    public int MinDiversity { get; init; } = 1;

    /// <summary>A solution to stay near; null: the whole space.</summary>
    public Neighbourhood? Near { get; init; }

    /// <summary>Relative gap at which a solution counts as optimal; 0 asks for a proof.</summary>
    public double Gap { get; init; }

    /// <summary>Most seconds for one solution; what is found by then is returned with its gap.</summary>
    public double MaxSeconds { get; init; } = 600;

    /// <summary>The diversity that the paper's alpha means: at most alpha * layers may be equal.</summary>
    public static int DiversityOfAlpha(double alpha, int layers) => layers - (int)Math.Floor(alpha * layers + 1e-9);
}
