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

    /// <inheritdoc/>
    public string Name => "stitch";

    /// <inheritdoc/>
    public string Purpose => "put the chosen variants together";

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public IReadOnlyList<string> Needs => ["distill", "solve"];

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
        ChildFiles.Write(stage.File(ChildFolder), child, run.Parent, Checkpoints.StoredType.F32);
        var kept = child.Blocks.Select((block, layer) => (block.Attention.Spec == run.Parent.Config.Layers[layer].Attention ? 1 : 0) + (block.FeedForward.Spec == run.Parent.Config.Layers[layer].FeedForward ? 1 : 0)).Sum();
        stage.Progress.Note($"{child.BlockParameterCount:N0} of {run.ParentModel.BlockParameterCount:N0} block parameters; {kept} of {2 * child.Blocks.Count} subblocks are the parent's own");
    }

    /// <summary>A child of any architecture of the library, with weights of its own.</summary>
    public static Models.Transformer Stitch(RunContext run, IReadOnlyList<LayerSpec> layers)
    {
        var library = VariantFiles.Of(run, "distill");
        var read = new List<Subblock>();
        try
        {
            return Stitcher.Stitch(run.ParentModel, layers, (layer, spec) =>
            {
                var subblock = library.Read(layer, spec, run.Device);
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
