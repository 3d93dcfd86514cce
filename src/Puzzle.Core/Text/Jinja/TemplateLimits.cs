namespace Puzzle.Core.Text.Jinja;

/// <summary>What one rendering may cost. Templates come from strangers; what they compute ends at these limits with an error.</summary>
public sealed record TemplateLimits
{
    /// <summary>Statements and expressions evaluated, besides 64 for every value that is put in.</summary>
    public long Steps { get; init; } = 400_000;

    /// <summary>Characters and (16 each) items that the template makes, besides 32 times what is put in.</summary>
    public long Characters { get; init; } = 12_000_000;

    /// <summary>Macros inside each other, and blocks or expressions inside each other.</summary>
    public int Depth { get; init; } = 200;

    /// <summary>The longest <c>range</c>.</summary>
    public int Range { get; init; } = 100_000;
}
