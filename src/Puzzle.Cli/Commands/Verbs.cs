using Puzzle.Cli.Wiring;

namespace Puzzle.Cli.Commands;

/// <summary>All verbs, in the order of the help. A new one is a file beside this one and a line here.</summary>
internal static class Verbs
{
    public static IReadOnlyList<Verb> All { get; } =
    [
        .. StageCatalogue.All.Count > 0 ? [new RunVerb(), new CompressVerb()] : Array.Empty<Verb>(),
        new CheckVerb(),
        new NewVerb(),
        new PretrainVerb(),
        .. StageCatalogue.All.Where(stage => stage.Name is not "report").Select(stage => stage.Name switch
        {
            "solve" => (Verb)new SolveVerb(stage),
            "export" => new ExportVerb(stage),
            "evaluate" => new EvaluateVerb(stage),
            _ => new StageVerb(stage),
        }),
        new SweepVerb(),
        new GenerateVerb(),
        new BenchVerb(),
        new InspectVerb(),
        new ReportVerb(),
        new LsVerb(),
        new DoctorVerb(),
        new CompletionVerb(),
    ];

    public static IReadOnlyList<string> RootExamples { get; } =
    [
        "puzzle new my.yaml --parent path/to/model        a commented recipe for a model",
        "puzzle doctor                                    what was found on this machine",
    ];
}
