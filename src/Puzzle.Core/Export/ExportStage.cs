using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Recipes;
using Puzzle.Core.Reports;
using Puzzle.Core.Runs;
using Puzzle.Core.Stitching;

namespace Puzzle.Core.Export;

/// <summary>Stage export: the finished child with its card and its recipe, and every further format that the recipe names.</summary>
/// <param name="exporters">Writers of further formats.</param>
public sealed class ExportStage(IReadOnlyList<IExporter> exporters) : IStage
{
    private const long DistillTokens = 65_536;

    /// <summary>The child's folder at the top of the run folder.</summary>
    public const string ChildFolder = "child";

    /// <inheritdoc/>
    public string Name => "export";

    /// <inheritdoc/>
    public string Purpose => "write the child, its card, and the formats that the recipe names";

    /// <inheritdoc/>
    public int Version => 2;

    /// <inheritdoc/>
    public IReadOnlyList<string> Needs => ["solve", "stitch", "heal", "evaluate"];

    /// <inheritdoc/>
    public void AddInputs(ContentKey key, RunContext run) => (run.Recipe.Export.LinearFfn == LinearFfn.Distill ? key.Add("text", run.Texts.Key) : key)
        .Add("parent", run.ParentHash).Add("export", run.Recipe.Export).Add("title", run.Recipe.Report);

    /// <inheritdoc/>
    public StageEstimate Estimate(RunContext run) =>
        new(TimeSpan.FromSeconds(1 + StageCost.ModelBytes(run) * (1.0 + run.Recipe.Export.Formats.Count) / 3e8), StageCost.ModelBytes(run) * (1 + run.Recipe.Export.Formats.Count), 2 * StageCost.ModelBytes(run));

    /// <inheritdoc/>
    public void Run(StageContext stage)
    {
        var run = stage.Run;
        var healed = stage.FileOf("heal", StitchStage.ChildFolder);
        var card = ModelCard.Render(RunReport.Data(run), ParentOrigin.Of(run.Recipe.Parent, run.Parent));
        var target = stage.TopLevel(ChildFolder);
        WholeFolder.Write(target, folder =>
        {
            foreach (var file in Directory.EnumerateFiles(healed))
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            File.WriteAllText(Path.Combine(folder, "README.md"), card);
            File.Copy(Path.Combine(run.Folder.Path, "recipe.yaml"), Path.Combine(folder, "puzzle_recipe.yaml"));
        });
        var done = new List<ExportRecord>();
        var withoutLinears = new Lazy<(string Folder, string Note)>(() => WithoutLinears(stage, target));
        foreach (var format in run.Recipe.Export.Formats)
        {
            stage.Cancellation.ThrowIfCancellationRequested();
            var exporter = exporters.FirstOrDefault(exporter => exporter.Kind == format.Format)
                ?? throw new RecipeException($"export.formats: {format.Format} cannot be written; {string.Join(", ", exporters.Select(exporter => exporter.Kind))} can");
            var name = $"{format.Format}{(format.Dtype is { } type ? $"-{type}" : "")}".ToLowerInvariant();
            var path = format.Path ?? stage.File(exporter.FileName(name));
            var (source, note) = format.Format == ExportKind.Gguf && run.Recipe.Export.LinearFfn == LinearFfn.Distill && LinearNetworks.AreIn(HuggingFaceFolder.ReadConfig(target)) ? withoutLinears.Value : (target, "");
            done.Add(exporter.Write(source, path, format.Dtype, card + note));
            // The card of a single file lies beside it.
            if (format.Path is null && File.Exists(path))
                stage.File(Path.GetFileName(Path.ChangeExtension(path, ".md")));
            stage.Progress.Note($"{format.Format}: {path}{(done[^1].LargestDifference is { } difference ? $"; largest difference of log-probabilities when read back {difference:G3}" : "")}");
        }

        AtomicFile.WriteJson(stage.File("exports.json"), done);
    }

    private static (string Folder, string Note) WithoutLinears(StageContext stage, string child)
    {
        var run = stage.Run;
        var folder = stage.File("child-without-linear-networks");
        // Half a GiB of activations: the stream before, between and after the subblocks.
        using var ids_WT = run.Texts.Training(Math.Min(DistillTokens, (1L << 29) / (3 * sizeof(float) * run.Parent.Config.HiddenSize)));
        using var counts_WT = run.Texts.Counts(ids_WT);
        var replacement = LinearNetworks.WriteFolder(child, folder, ids_WT, run.Recipe.Export.LinearFfnWidth, counts_WT, stage.Cancellation);
        AtomicFile.WriteJson(stage.File("linear-networks.json"), replacement);
        stage.Progress.Note(replacement.Note());
        return (folder, $"\n\n{replacement.Note()}\n");
    }
}
