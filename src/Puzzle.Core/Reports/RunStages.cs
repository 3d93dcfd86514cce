using Puzzle.Core.Runs;

namespace Puzzle.Core.Reports;

/// <summary>Time and memory of a run's finished stages.</summary>
internal static class RunStages
{
    private static readonly string[] s_order = ["init", "distill", "score", "measure", "couple", "solve", "stitch", "heal", "evaluate", "export", "report"];

    public static IReadOnlyList<StageTiming> Of(RunContext run) =>
        [.. s_order.Select(name => (name, done: run.Folder.Done(name))).Where(stage => stage.done is not null)
            .Select(stage => new StageTiming(stage.name, stage.done!.Seconds, stage.done.PeakMib, stage.done.StartSeconds))];
}
