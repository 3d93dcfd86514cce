using System.ComponentModel.DataAnnotations;

namespace Puzzle.Core.Recipes;

/// <summary>What the child must do. The limits of all scenarios hold at once; the first scenario is the one that the headline speaks of.</summary>
public sealed record TargetSection
{
    /// <summary>The scenarios, each with its limits.</summary>
    public IReadOnlyList<Scenario> Scenarios { get; init; } = [new()];
}

/// <summary>A way of being served: so many sequences at once, so many tokens in and out.</summary>
public sealed record Scenario
{
    /// <summary>The name in reports.</summary>
    [RegularExpression("^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    public string Name { get; init; } = "default";

    /// <summary>Most sequences at once (the users there are). Parent and child are each measured at their best batch within it.</summary>
    [Range(1, 65_536)]
    public int BatchCap { get; init; } = 32;

    /// <summary>Batch sizes that are tried. Default: 1, 2, 4, ... up to the cap.</summary>
    [Range(1, 65_536)]
    public IReadOnlyList<int>? Batches { get; init; }

    /// <summary>Tokens of the prompt.</summary>
    [Range(1, 16_777_216)]
    public int PromptTokens { get; init; } = 128;

    /// <summary>Tokens that are generated.</summary>
    [Range(1, 16_777_216)]
    public int OutputTokens { get; init; } = 128;

    /// <summary>The limits in this scenario.</summary>
    public Limits Limits { get; init; } = new();

    /// <summary>The batch sizes to try, ascending, none above the cap.</summary>
    public IReadOnlyList<int> BatchesToTry()
    {
        if (Batches is { Count: > 0 } given)
            return [.. given.Where(batch => batch <= BatchCap).Distinct().Order()];
        var powers = new SortedSet<int> { BatchCap };
        for (var batch = 1; batch < BatchCap; batch *= 2)
            powers.Add(batch);
        return [.. powers];
    }
}
