using Puzzle.Core.Library;
using Puzzle.Core.Runs;
using Puzzle.Core.Search;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Stitching;

/// <summary>Stage stitch: the chosen variants become one model.</summary>
public sealed class StitchStage : IStage
{
    /// <summary>The folder of the stage's result.</summary>
    public const string ChildFolder = "child";

    /// <summary>What fusing layers did, where the recipe asks for it.</summary>
    public const string FusionFile = "fusion.json";

    /// <inheritdoc/>
    public string Name => "stitch";

    /// <inheritdoc/>
    public string Purpose => "put the chosen variants together";

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public IReadOnlyList<string> Needs => ["distill", "couple", "solve"];

    /// <inheritdoc/>
    public void AddInputs(ContentKey key, RunContext run) => key.Add("parent", run.ParentHash).Add("stitch", run.Recipe.Stitch with { Dtype = null });

    /// <inheritdoc/>
    public StageEstimate Estimate(RunContext run) => new(TimeSpan.FromSeconds(1 + StageCost.ModelBytes(run) / 5e8), StageCost.ModelBytes(run), 2 * StageCost.ModelBytes(run));

    /// <inheritdoc/>
    public void Run(StageContext stage)
    {
        var run = stage.Run;
        var solved = AtomicFile.ReadJson<SolveResult>(stage.FileOf("solve", SolveStage.ResultFile));
        using var child = Stitch(run, solved.Solutions[0].Layers);
        using var fused = run.Recipe.Stitch.Fuse ? Fuse(stage, child) : null;
        ChildFiles.Write(stage.File(ChildFolder), fused ?? child, run.Parent, Checkpoints.StoredType.F32);
        var kept = child.Blocks.Select((block, layer) => (block.Attention.Spec == run.Parent.Config.Layers[layer].Attention ? 1 : 0) + (block.FeedForward.Spec == run.Parent.Config.Layers[layer].FeedForward ? 1 : 0)).Sum();
        stage.Progress.Note($"{child.BlockParameterCount:N0} of {run.ParentModel.BlockParameterCount:N0} block parameters; {kept} of {2 * child.Blocks.Count} subblocks are the parent's own");
    }

    private static Models.Transformer Fuse(StageContext stage, Models.Transformer child)
    {
        var fused = FfnFusion.Fuse(child);
        var (ids_WT, _) = Scoring.ScoreStage.Windows(stage.Run);
        using (ids_WT)
        {
            using var few_WT = ids_WT.narrow(0, 0, Math.Min(8, ids_WT.shape[0]));
            var runs = FfnFusion.Runs(child.Config);
            var result = new FusionResult([.. runs.Select(found => (IReadOnlyList<int>)[found.First, found.Last])], child.Blocks.Count, fused.Blocks.Count, FfnFusion.Effect(child, fused, few_WT));
            AtomicFile.WriteJson(stage.File(FusionFile), result);
            stage.Progress.Note(runs.Count == 0
                ? "nothing to fuse: no three layers without attention in a row"
                : $"{result.Layers} layers became {result.FusedLayers}: {string.Join(", ", runs.Select(found => $"{found.First}-{found.Last}"))} fused, {result.MeanKl:G3} nats a token away from the child before healing");
        }

        return fused;
    }

    /// <summary>A child of any architecture of the library, with weights of its own.</summary>
    public static Models.Transformer Stitch(RunContext run, IReadOnlyList<LayerSpec> layers)
    {
        var library = VariantFiles.Coupled(run);
        var read = new List<Subblock>();
        try
        {
            return Stitcher.Stitch(run.ParentModel, layers, (layer, spec) =>
            {
                var subblock = library.Read(layer, layers[layer], spec, run.Device);
                read.Add(subblock);
                return subblock;
            });
        }
        finally
        {
            foreach (var subblock in read)
                subblock.Dispose();
        }
    }
}
