namespace Puzzle.Core.Errors;

/// <summary>A mistake in a recipe or on the command line (exit code 2).</summary>
public sealed class RecipeException(string message, Exception? inner = null) : PuzzleException(message, inner)
{
    /// <inheritdoc/>
    public override int ExitCode => 2;
}
