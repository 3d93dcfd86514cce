namespace Puzzle.Core.Search;

/// <summary>One architecture that meets every limit, with the proof of how good it is.</summary>
public sealed record PuzzleSolution
{
    /// <summary>Whether optimality is proven.</summary>
    public required SolveStatus Status { get; init; }

    /// <summary>The sum of the chosen items' scores, summed exactly and rounded once.</summary>
    public required double Objective { get; init; }

    /// <summary>No architecture within the limits is better than this.</summary>
    public required double Bound { get; init; }

    /// <summary>The bound of the Lagrangian relaxation at the root, before any search.</summary>
    public required double RelaxationBound { get; init; }

    /// <summary>|objective - bound| / |objective|; 0 where the objective is proven exactly.</summary>
    public required double Gap { get; init; }

    /// <summary>The chosen items in the order of layers.</summary>
    public required IReadOnlyList<PuzzleItem> Choice { get; init; }

    /// <summary>What the child costs by column of the library, including what is in no layer.</summary>
    public required IReadOnlyDictionary<string, double> Costs { get; init; }

    /// <summary>The bounds the search kept to, with what the child reaches and what more of each would buy.</summary>
    public required IReadOnlyList<LimitUse> Limits { get; init; }

    /// <summary>The chosen batch of each scenario that has batches.</summary>
    public IReadOnlyDictionary<string, int> Batches { get; init; } = new Dictionary<string, int>();

    /// <summary>Seconds of search, wall clock.</summary>
    public required double Seconds { get; init; }

    /// <summary>The child's number of layers that differ from another solution's.</summary>
    public int DistanceTo(PuzzleSolution other)
    {
        var mine = Choice.ToHashSet();
        return Choice.Sum(item => item.LayerCount) - other.Choice.Where(mine.Contains).Sum(item => item.LayerCount);
    }
}
