using Puzzle.Core.Distillation;
using Puzzle.Core.Export;
using Puzzle.Core.Healing;
using Puzzle.Core.Initialisation;
using Puzzle.Core.Measurement;
using Puzzle.Core.Recipes;
using Puzzle.Core.Reports;
using Puzzle.Core.Runs;
using Puzzle.Core.Scoring;
using Puzzle.Core.Search;
using Puzzle.Core.Stitching;
using Puzzle.Evaluation;
using Puzzle.Serving.Costs;
using Puzzle.Serving.Costs.LlamaCpp;
using Puzzle.Serving.Costs.Roofline;
using Puzzle.Serving.LlamaCpp;

namespace Puzzle.Cli.Wiring;

/// <summary>The stages of a run in their order. A stage that is listed here is a verb, a folder and a line of every plan.</summary>
internal static class StageCatalogue
{
    /// <summary>The engines that can be timed.</summary>
    public static IReadOnlyList<ICostEngine> Engines { get; } = [new EngineCostEngine(), new LlamaCppCostEngine(), new RooflineCostEngine()];

    /// <summary>Writers of further formats.</summary>
    public static IReadOnlyList<IExporter> Exporters { get; } =
    [
        .. Enum.GetValues<ExportKind>().Where(kind => kind != ExportKind.Gguf).Select(kind => new FolderExporter(kind, LlamaCppCheck.FromEnvironment)),
        new GgufExporter(LlamaCppCheck.FromEnvironment),
    ];

    public static IReadOnlyList<IStage> All { get; } =
    [
        new InitStage(),
        new DistillStage(),
        new ScoreStage(),
        new MeasureStage(Engines),
        new SolveStage(),
        new StitchStage(),
        new HealStage(RunQuestions.Validation),
        new EvaluateStage(Engines),
        new ExportStage(Exporters),
        new ReportStage(),
    ];
}
