using Puzzle.Core.Search;

namespace Puzzle.Core.Errors;

/// <summary>No architecture of the library meets the limits (exit code 4). The message names the limits that conflict and what each can reach.</summary>
public sealed class InfeasibleException(string message) : PuzzleException(message)
{
    /// <inheritdoc/>
    public override int ExitCode => 4;

    /// <summary>The same as data: the limits that conflict and what each can reach.</summary>
    public Infeasibility? Explanation { get; init; }
}
