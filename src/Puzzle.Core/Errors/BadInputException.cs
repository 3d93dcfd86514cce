namespace Puzzle.Core.Errors;

/// <summary>A file from outside that is missing, truncated, corrupt, hostile or of a kind that is not supported (exit code 3).</summary>
public sealed class BadInputException(string message, Exception? inner = null) : PuzzleException(message, inner)
{
    /// <inheritdoc/>
    public override int ExitCode => 3;
}
