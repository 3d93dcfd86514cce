using System.Globalization;

namespace Puzzle.Benchmarks;

/// <summary>What a metric has to keep to.</summary>
public sealed record Bound
{
    /// <summary>The metric.</summary>
    public required string Metric { get; init; }

    /// <summary>From above, inclusive.</summary>
    public double? AtMost { get; init; }

    /// <summary>From below, inclusive.</summary>
    public double? AtLeast { get; init; }

    /// <summary>A value to meet.</summary>
    public double? EqualTo { get; init; }

    /// <summary>How far a value to meet may be missed.</summary>
    public double Within { get; init; }

    /// <summary>The acceptance line that it comes from.</summary>
    public required string From { get; init; }

    /// <summary>Whether a measured value keeps to the bound. What was not measured does not.</summary>
    public bool Holds(double? measured) =>
        measured is { } value && (AtMost is not { } most || value <= most) && (AtLeast is not { } least || value >= least) && (EqualTo is not { } equal || Math.Abs(value - equal) <= Within);

    /// <summary>The bound in words, for example <c>at most 0.1</c>.</summary>
    public string InWords()
    {
        List<string> words = [];
        if (AtLeast is { } least)
            words.Add(string.Create(CultureInfo.InvariantCulture, $"at least {least}"));
        if (AtMost is { } most)
            words.Add(string.Create(CultureInfo.InvariantCulture, $"at most {most}"));
        if (EqualTo is { } equal)
            words.Add(string.Create(CultureInfo.InvariantCulture, $"{equal}{(Within > 0 ? $" +- {Within}" : "")}"));
        return string.Join(" and ", words);
    }
}
