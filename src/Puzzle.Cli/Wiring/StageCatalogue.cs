using Puzzle.Core.Runs;

namespace Puzzle.Cli.Wiring;

/// <summary>The stages of a run in their order. A stage that is listed here is a verb, a folder and a line of every plan.</summary>
internal static class StageCatalogue
{
    public static IReadOnlyList<IStage> All { get; } = [];
}
