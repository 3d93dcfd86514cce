using Puzzle.Core.Runs;

namespace Puzzle.Core.Reports;

/// <summary>Stage report: one self-contained page about the run, and the same as data.</summary>
public sealed class ReportStage : IStage
{
    /// <inheritdoc/>
    public string Name => "report";

    /// <inheritdoc/>
    public string Purpose => "write the report";

    /// <inheritdoc/>
    public int Version => 2;

    /// <inheritdoc/>
    public IReadOnlyList<string> Needs => ["init", "distill", "score", "measure", "couple", "solve", "stitch", "heal", "evaluate", "export"];

    /// <inheritdoc/>
    public void AddInputs(ContentKey key, RunContext run) => key.Add("report", run.Recipe.Report);

    /// <inheritdoc/>
    public StageEstimate Estimate(RunContext run) => new(TimeSpan.FromSeconds(1), 4 << 20);

    /// <inheritdoc/>
    public void Run(StageContext stage)
    {
        var data = RunReport.Data(stage.Run);
        AtomicFile.WriteText(stage.File("report.json"), data.ToJson());
        AtomicFile.WriteText(stage.TopLevel("report.html"), HtmlReport.Render(data));
    }
}
