using Puzzle.Core.Library;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Initialisation;

/// <summary>Stage init: every variant of every layer gets its first weights from the parent's, a layer a unit of work.</summary>
public sealed class InitStage : IStage
{
    /// <inheritdoc/>
    public string Name => "init";

    /// <inheritdoc/>
    public string Purpose => "start every variant from the parent's own weights";

    /// <inheritdoc/>
    public int Version => 3;

    /// <inheritdoc/>
    public IReadOnlyList<string> Needs => [];

    /// <inheritdoc/>
    public void AddInputs(ContentKey key, RunContext run) => key
        .Add("parent", run.ParentHash).Add("init", run.Recipe.Init).Add("per_token", run.Recipe.Distill.Loss == BlockLoss.MsePerToken)
        .Add("choices", run.Choices).Add("text", run.Texts.Key).Add("seed", run.Recipe.Seed);

    /// <inheritdoc/>
    public StageEstimate Estimate(RunContext run) => new(
        StageCost.Seconds(run, run.Recipe.Init.Tokens, passes: 12),
        run.LibraryBytes,
        StageCost.ModelBytes(run) + 3 * run.Recipe.Init.Tokens * run.Parent.Config.HiddenSize * sizeof(float));

    /// <inheritdoc/>
    public void Run(StageContext stage)
    {
        var run = stage.Run;
        var parent = run.ParentModel;
        using var ids_WT = run.Texts.Calibration(run.Recipe.Init.Tokens);
        var layers = parent.Blocks.Count;
        stage.Progress.Count(layers, "layers");
        using var counts_WT = run.Texts.Counts(ids_WT);
        using var activations = new ParentActivations(parent, ids_WT, counts_WT);
        do
        {
            stage.Cancellation.ThrowIfCancellationRequested();
            var layer = activations.Layer;
            var unit = stage.Unit(VariantFiles.Layer(layer), new ContentKey().Add("stage", stage.Key).Add("layer", layer));
            if (!unit.IsDone)
                Start(run, unit, parent, activations);
            stage.Progress.Advance(layer + 1, what: $"layer {layer}");
        }
        while (activations.Advance());
    }

    private static void Start(RunContext run, WorkUnit unit, Transformer parent, ParentActivations activations)
    {
        var choices = run.Choices[activations.Layer];
        var started = new List<StartedVariant>();
        try
        {
            foreach (var (specs, start) in Groups(run.Recipe.Init, choices.WithWeights))
            {
                if (specs.Count > 0)
                    started.AddRange(Initialiser.Start(parent, activations, specs, start, run.Recipe.Distill.Loss == BlockLoss.MsePerToken, run.Recipe.Init.HeldOut));
            }

            LayerFile.Write(unit.File(".safetensors"), [.. started.Select(variant => variant.Subblock)]);
            unit.Done(started.ToDictionary(variant => variant.Subblock.Spec.Id, variant => new StartRecord(variant.Start, variant.Error, variant.Errors)));
        }
        finally
        {
            foreach (var variant in started)
                variant.Subblock.Dispose();
        }
    }

    // Each kind of variant has its own setting.
    private static IEnumerable<(IReadOnlyList<SubblockSpec> Specs, string Start)> Groups(InitSection init, IReadOnlyList<SubblockSpec> specs) =>
    [
        ([.. specs.Where(spec => spec is GroupedQuerySpec)], init.KvHeads switch
        {
            KvHeadStart.MeanPool => init.Refit ? "mean_pool_refit" : "mean_pool",
            KvHeadStart.KeepImportant => init.Refit ? "keep_heads_refit" : "keep_heads",
            KvHeadStart.Regroup => init.Refit ? "regroup_refit" : "regroup",
            _ => Initialiser.Best,
        }),
        ([.. specs.Where(spec => spec is SwiGluSpec)], init.Ffn switch
        {
            WidthStart.Contribution => init.Refit ? "channel_contribution_refit" : "channel_contribution",
            WidthStart.Iterative => init.Refit ? "iterative_contribution_refit" : "iterative_contribution",
            WidthStart.SecondOrder => "second_order",
            _ => Initialiser.Best,
        }),
        ([.. specs.Where(spec => spec is LinearAttentionSpec or LinearFeedForwardSpec)], init.Linear switch
        {
            LinearStart.Product => "product",
            LinearStart.Ridge => "ridge",
            _ => Initialiser.Best,
        }),
    ];
}

/// <summary>How a variant of the library started.</summary>
/// <param name="Start">The start that was taken.</param>
/// <param name="Error">Its held-out normalised error.</param>
/// <param name="Errors">The errors of all that were tried.</param>
public sealed record StartRecord(string Start, double Error, IReadOnlyDictionary<string, double> Errors);
