using Puzzle.Core.Errors;

namespace Puzzle.Core.Text.Jinja;

/// <summary>A template that is not sound, does what is not allowed, exceeds its limits, or raises an error itself (exit code 3).</summary>
/// <param name="reason">What is wrong, without the place.</param>
/// <param name="line">The template's line, counted from 1; 0 where it is not known yet.</param>
public sealed class TemplateException(string reason, int line = 0) : PuzzleException(reason)
{
    /// <summary>What is wrong, without the place; the text of the template's own <c>raise_exception</c>.</summary>
    public string Reason { get; } = reason;

    /// <summary>The template's line, counted from 1.</summary>
    public int Line { get; internal set; } = line;

    /// <summary>Whether the template raised the error itself, by <c>raise_exception</c>.</summary>
    public bool Raised { get; internal init; }

    /// <inheritdoc/>
    public override string Message => Line > 0 ? $"{Reason} (line {Line} of the template)" : Reason;

    /// <inheritdoc/>
    public override int ExitCode => 3;
}
