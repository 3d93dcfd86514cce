using Puzzle.Core.Data;
using Puzzle.Core.Distillation;
using Puzzle.Core.Healing;
using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Scoring;
using Puzzle.Core.Variants;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Benchmarks;

/// <summary>Makes the small child of a parent in different ways and compares it with the parent on held-out text.</summary>
internal sealed class AblationStudy : IDisposable
{
    /// <summary>Tokens of distillation where nothing else is said.</summary>
    public const long DistillTokens = 65_536;

    /// <summary>Tokens of healing.</summary>
    public const long HealTokens = 49_152;

    /// <summary>Tokens that children are judged on.</summary>
    public const int JudgeTokens = 8_192;

    private const int CalibrationTokens = 16_384;
    private static readonly DistillOptions s_options = new() { BatchWindows = 8, LearningRate = 1e-3, WeightDecay = 0, BlockTarget = true, EvaluateEvery = 16 };
    private readonly Transformer _parent;
    private readonly TokenWindows _data;
    private readonly Tensor _held_WT;
    private readonly Divergence _divergence;

    /// <param name="parent">The parent.</param>
    /// <param name="text">Its training text, in the order of a seed, and held-out text.</param>
    public AblationStudy(Transformer parent, TrainingText text)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        (_parent, _data) = (parent, text.Train);
        var windows = JudgeTokens / _data.Length;
        _held_WT = tensor(text.Validation.Take(windows * _data.Length).Select(id => (long)id).ToArray()).view(windows, _data.Length).DetachFromDisposeScope();
        _divergence = new Divergence(parent, _held_WT, ReplaceOneBlock.Final(parent, _held_WT));
    }

    /// <summary>What every layer of the child is.</summary>
    public static LayerSpec Child { get; } = new(new GroupedQuerySpec(2), new SwiGluSpec(64));

    /// <summary>The child after blockwise distillation.</summary>
    /// <param name="tokens">Per subblock, or per pair.</param>
    /// <param name="change">What is other than usual.</param>
    /// <param name="coupled">Whether the pair is trained as one block.</param>
    public Transformer Distilled(long tokens, Func<DistillOptions, DistillOptions>? change = null, bool coupled = false)
    {
        using var scope = NewDisposeScope();
        var child = _parent.Shallow();
        // Starts are the same whatever the budget.
        using var calibration = new ParentActivations(_parent, _data.Shuffled(0, CalibrationTokens / _data.Length));
        using var activations = new ParentActivations(_parent, _data.Shuffled(0, (int)(Math.Max(CalibrationTokens, tokens) / _data.Length)));
        var options = (change?.Invoke(s_options) ?? s_options) with { Tokens = tokens };
        do
        {
            // Elastic widths want company.
            SubblockSpec[] company = options.ElasticWidths > 0 ? [new SwiGluSpec(192), new SwiGluSpec(128)] : [];
            var started = Initialiser.Start(_parent, calibration, [Child.Attention, Child.FeedForward, .. company], perToken: options.PerToken).ToArray();
            if (tokens > 0 && coupled)
                CoupledDistiller.Distill(activations, [new CoupledPair(started[0].Subblock, started[1].Subblock)], options);
            else if (tokens > 0)
                BlockDistiller.Distill(_parent, activations, started, options);
            foreach (var variant in started.Where(variant => variant.Subblock.Spec == Child.Attention || variant.Subblock.Spec == Child.FeedForward))
                child.Replace(activations.Layer, variant.Subblock);
        }
        while (activations.Advance() && calibration.Advance());
        return child.Clone();
    }

    /// <summary>A copy of a child after global distillation.</summary>
    public Transformer Healed(Transformer stitched, int lm, int cosine, int kl)
    {
        var child = stitched.Clone();
        if (lm + cosine + kl == 0)
            return child;
        using var trainer = new GlobalDistiller(child, _parent, _data, new HealOptions { Tokens = HealTokens, BatchWindows = 16, LearningRate = 1e-3, WeightDecay = 0, LmWeight = lm, CosineWeight = cosine, KlWeight = kl });
        while (trainer.Step < trainer.Steps)
            trainer.TrainStep();
        child.RequireGrad(false);
        return child;
    }

    /// <summary>KL(parent || child) on the held-out text.</summary>
    public double Judge(Transformer child)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return _divergence.Compare(ReplaceOneBlock.Final(child, _held_WT), child).Kl;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _held_WT.Dispose();
        _divergence.Dispose();
    }
}
