using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Reports;
using Puzzle.Core.Runs;
using Puzzle.Core.Stitching;

namespace Puzzle.Core.Export;

/// <summary>Stage export: the finished child with its card and its recipe, and every further format that the recipe names.</summary>
/// <param name="exporters">Writers of further formats.</param>
public sealed class ExportStage(IReadOnlyList<IExporter> exporters) : IStage
{
    /// <summary>The child's folder at the top of the run folder.</summary>
    public const string ChildFolder = "child";

    /// <inheritdoc/>
    public string Name => "export";

    /// <inheritdoc/>
    public string Purpose => "write the child, its card, and the formats that the recipe names";

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public IReadOnlyList<string> Needs => ["solve", "stitch", "heal", "evaluate"];

    /// <inheritdoc/>
    public void AddInputs(ContentKey key, RunContext run) => key.Add("parent", run.ParentHash).Add("export", run.Recipe.Export).Add("title", run.Recipe.Report);

    /// <inheritdoc/>
    public StageEstimate Estimate(RunContext run) =>
        new(TimeSpan.FromSeconds(1 + StageCost.ModelBytes(run) * (1.0 + run.Recipe.Export.Formats.Count) / 3e8), StageCost.ModelBytes(run) * (1 + run.Recipe.Export.Formats.Count), 2 * StageCost.ModelBytes(run));

    /// <inheritdoc/>
    public void Run(StageContext stage)
    {
        var run = stage.Run;
        var healed = stage.FileOf("heal", StitchStage.ChildFolder);
        var data = RunReport.Data(run);
        var target = stage.TopLevel(ChildFolder);
        WholeFolder.Write(target, folder =>
        {
            foreach (var file in Directory.EnumerateFiles(healed))
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            File.WriteAllText(Path.Combine(folder, "README.md"), ModelCard.Render(data));
            File.Copy(Path.Combine(run.Folder.Path, "recipe.yaml"), Path.Combine(folder, "puzzle_recipe.yaml"));
        });
        var done = new List<ExportRecord>();
        foreach (var format in run.Recipe.Export.Formats)
        {
            stage.Cancellation.ThrowIfCancellationRequested();
            var exporter = exporters.FirstOrDefault(exporter => exporter.Kind == format.Format)
                ?? throw new RecipeException($"export.formats: {format.Format} cannot be written; {string.Join(", ", exporters.Select(exporter => exporter.Kind))} can");
            var name = $"{format.Format}{(format.Dtype is { } type ? $"-{type}" : "")}".ToLowerInvariant();
            var path = format.Path ?? stage.File(exporter.FileName(name));
            done.Add(exporter.Write(target, path, format.Dtype, ModelCard.Render(data)));
            stage.Progress.Note($"{format.Format}: {path}{(done[^1].LargestDifference is { } difference ? $"; largest difference of log-probabilities when read back {difference:G3}" : "")}");
        }

        AtomicFile.WriteJson(stage.File("exports.json"), done);
    }
}
