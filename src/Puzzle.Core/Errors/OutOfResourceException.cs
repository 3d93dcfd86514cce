namespace Puzzle.Core.Errors;

/// <summary>Memory, disk or time ran out (exit code 5). What was finished before stays in the run folder.</summary>
public sealed class OutOfResourceException(string message, Exception? inner = null) : PuzzleException(message, inner)
{
    /// <inheritdoc/>
    public override int ExitCode => 5;
}
