namespace Puzzle.Core.Errors;

/// <summary>
/// An error whose message is meant for the user: it names the file or key, the value found and what would be right.
/// The command line prints the message alone and leaves with <see cref="ExitCode"/>.
/// </summary>
public abstract class PuzzleException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The documented exit code of the process: 2 usage or recipe, 3 bad input file, 4 infeasible, 5 out of a resource.</summary>
    public abstract int ExitCode { get; }
}
