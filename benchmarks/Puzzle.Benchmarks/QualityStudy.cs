using System.Globalization;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Initialisation;
using Puzzle.Core.Library;
using Puzzle.Core.Models;
using Puzzle.Core.Scoring;
using Puzzle.Core.Search;
using Puzzle.Core.Stitching;
using Puzzle.Core.Variants;
using Puzzle.Core.Variants.NoOp;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Benchmarks;

/// <summary>
/// Init, score, solve and stitch of one parent with given texts and variants, without the run folder around them. Layers that
/// are done are kept on disk.
/// </summary>
/// <param name="context">Knows the repository.</param>
/// <param name="name">Of the kept work; another setting needs another name.</param>
/// <param name="parent">The parent.</param>
/// <param name="specs">Variants of every layer.</param>
/// <param name="perToken">Whether tokens count by their own relative error in the closed forms.</param>
/// <param name="exactPairs">Whether pairs of subblocks are scored too; else their scores are composed.</param>
internal sealed class QualityStudy(BenchmarkContext context, string name, Transformer parent, IReadOnlyList<SubblockSpec> specs, bool perToken, bool exactPairs)
{
    private const double Exponent = 1.6;
    private readonly LayerCache<Dictionary<string, string>> _starts = new(context, name + "-starts");
    private readonly LayerCache<Dictionary<string, double>> _scores = new(context, name + "-scores");

    /// <summary>Gives every variant its best start; the file of a layer.</summary>
    public void Init(Func<Tensor> calibration)
    {
        if (Enumerable.Range(0, parent.Blocks.Count).All(layer => File.Exists(FileOf(layer))))
            return;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var activations = new ParentActivations(parent, calibration());
        do
        {
            using var inner = NewDisposeScope();
            var layer = activations.Layer;
            _starts.Get(layer, () =>
            {
                context.Say($"{name}: start the variants of layer {layer}");
                var started = Initialiser.Start(parent, activations, specs, perToken: perToken).ToArray();
                Directory.CreateDirectory(_starts.Folder);
                LayerFile.Write(FileOf(layer), [.. started.Select(variant => variant.Subblock)]);
                foreach (var variant in started)
                    variant.Subblock.Dispose();
                return started.ToDictionary(variant => variant.Subblock.Spec.Id, variant => variant.Start);
            });
        }
        while (activations.Advance());
    }

    /// <summary>Reads a variant; the caller owns it.</summary>
    public Subblock Read(int layer, SubblockSpec spec)
    {
        if (spec is NoOpAttentionSpec or NoOpFeedForwardSpec)
            return new NoOpSubblock(spec.Subblock);
        using var file = SafetensorsFile.Open(FileOf(layer));
        return LayerFile.Read(file, spec, parent.Config);
    }

    /// <summary>The architecture with the lowest sum of scores at a share of the parent's block parameters.</summary>
    /// <param name="scoring">Windows to score on.</param>
    /// <param name="share">Of the parent's block parameters.</param>
    /// <param name="without">A variant that is left out.</param>
    public LayerSpec[] Solve(Func<Tensor> scoring, double share, SubblockSpec? without = null)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        ReplaceOneBlock? scorer = null;
        var items = new List<PuzzleItem>();
        for (var l = 0; l < parent.Blocks.Count; l++)
        {
            var layer = l;
            var kl = _scores.Get(layer, () =>
            {
                context.Say($"{name}: score layer {layer}");
                scorer ??= new ReplaceOneBlock(parent, scoring());
                using var inner = NewDisposeScope();
                var subblocks = specs.Select(spec => Read(layer, spec)).ToArray();
                var scores = scorer.ScoreAll(layer, subblocks).ToDictionary(score => score.Spec.Id, score => score.Kl);
                foreach (var attention in subblocks.Where(subblock => exactPairs && subblock.Spec.Subblock == SubblockKind.Attention))
                {
                    foreach (var feedForward in subblocks.Where(subblock => subblock.Spec.Subblock == SubblockKind.FeedForward))
                        scores[new LayerSpec((AttentionSpec)attention.Spec, (FeedForwardSpec)feedForward.Spec).ToString()] = scorer.Score(layer, attention, feedForward).Kl;
                }

                foreach (var subblock in subblocks)
                    subblock.Dispose();
                return scores;
            });
            var own = parent.Blocks[layer].Spec;
            foreach (var attention in specs.OfType<AttentionSpec>().Where(spec => spec != without).Prepend(own.Attention))
            {
                foreach (var feedForward in specs.OfType<FeedForwardSpec>().Where(spec => spec != without).Prepend(own.FeedForward))
                {
                    var pair = new LayerSpec(attention, feedForward);
                    items.Add(new PuzzleItem
                    {
                        FirstLayer = layer,
                        Id = pair.ToString(),
                        Layers = [pair],
                        IsParent = pair == own,
                        Costs = new Dictionary<string, double> { ["num_params"] = VariantCatalogue.Of(attention).Parameters(attention, parent.Config) + VariantCatalogue.Of(feedForward).Parameters(feedForward, parent.Config) },
                        Scores = new Dictionary<string, double>
                        {
                            ["kl_div"] = kl.TryGetValue(pair.ToString(), out var exact) ? exact
                            : BlockComposition.Compose(attention == own.Attention ? 0 : kl[attention.Id], feedForward == own.FeedForward ? 0 : kl[feedForward.Id], Exponent)
                        },
                    });
                }
            }
        }

        scorer?.Dispose();
        var problem = new PuzzleProblem { LayerCount = parent.Blocks.Count, Items = items };
        var most = Math.Floor(share * parent.BlockParameterCount);
        var solution = ExactSolver.Solve(problem, new SearchQuery { Limits = [Limit.Max("num_params", most)] });
        return [.. solution.Choice.Select(item => item.Layers![0])];
    }

    /// <summary>The child of an architecture, with weights of its own.</summary>
    public Transformer Stitch(IReadOnlyList<LayerSpec> layers)
    {
        var read = new List<Subblock>();
        try
        {
            return Stitcher.Stitch(parent, layers, (layer, spec) =>
            {
                read.Add(Read(layer, spec));
                return read[^1];
            });
        }
        finally
        {
            foreach (var subblock in read)
                subblock.Dispose();
        }
    }

    private string FileOf(int layer) => Path.Combine(_starts.Folder, string.Create(CultureInfo.InvariantCulture, $"layer-{layer:00}.safetensors"));
}
