using System.CommandLine;

namespace Puzzle.Cli;

/// <summary>The options that every verb has.</summary>
internal static class GlobalOptions
{
    public static Option<bool> Json { get; } = new("--json")
    {
        Description = "End with one JSON document as the last line of stdout; all else goes to stderr.",
        Recursive = true,
    };

    public static Option<bool> Quiet { get; } = new("--quiet", "-q")
    {
        Description = "No progress.",
        Recursive = true,
    };

    public static Option<bool> Verbose { get; } = new("--verbose", "-v")
    {
        Description = "More detail, and the stack where something fails.",
        Recursive = true,
    };
}
