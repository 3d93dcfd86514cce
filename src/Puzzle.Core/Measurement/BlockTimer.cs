using System.Diagnostics;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using Puzzle.Core.Variants.NoOp;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Measurement;

/// <summary>
/// Times every distinct subblock on the torch engine: a stack of N and one of 2 N copies with weights of their own, prefill
/// and decode apart; the marginal cost is the slope, so what every pass pays once drops out. Rounds go over all variants in
/// turn, so that drift of the machine hits all alike; medians count.
/// </summary>
public static class BlockTimer
{
    /// <summary>Times all specs under one workload.</summary>
    /// <param name="parent">Gives sizes, embedding and head.</param>
    /// <param name="specs">Distinct subblocks; no-ops are passed over, they cost nothing.</param>
    /// <param name="workload">Batch, prompt and output.</param>
    /// <param name="rounds">Repeats.</param>
    /// <param name="cancellation">Stops between rounds.</param>
    public static WorkloadCosts Measure(Transformer parent, IReadOnlyList<SubblockSpec> specs, Workload workload, int rounds = 5, CancellationToken cancellation = default)
    {
        var timed = specs.Where(spec => spec is not (NoOpAttentionSpec or NoOpFeedForwardSpec)).Distinct().ToArray();
        var copies = Math.Max(4, parent.Blocks.Count / 2);
        var samples = timed.ToDictionary(spec => spec.Id, _ => new List<SubblockCost>());
        var fixedSamples = new List<SubblockCost>();
        var clock = new TimedRounds(rounds);
        for (var round = -1; round < 0 || clock.More(round); round++)
        {
            fixedSamples.Add(Time(parent, null, 0, workload));
            foreach (var spec in timed)
            {
                cancellation.ThrowIfCancellationRequested();
                var (one, two) = (Time(parent, spec, copies, workload), Time(parent, spec, 2 * copies, workload));
                samples[spec.Id].Add(new SubblockCost((two.PrefillMs - one.PrefillMs) / copies, (two.FirstDecodeMs - one.FirstDecodeMs) / copies, (two.LastDecodeMs - one.LastDecodeMs) / copies));
            }

            // The first round warms up.
            if (round < 0)
            {
                fixedSamples.Clear();
                foreach (var list in samples.Values)
                    list.Clear();
            }
        }

        return new WorkloadCosts(workload, Median(fixedSamples), samples.ToDictionary(pair => pair.Key, pair => Median(pair.Value)));
    }

    // A slope below zero is noise around nothing.
    private static SubblockCost Median(List<SubblockCost> samples) => new(
        Math.Max(0, GenerationTimer.Median(samples.Select(sample => sample.PrefillMs))),
        Math.Max(0, GenerationTimer.Median(samples.Select(sample => sample.FirstDecodeMs))),
        Math.Max(0, GenerationTimer.Median(samples.Select(sample => sample.LastDecodeMs))));

    private static SubblockCost Time(Transformer parent, SubblockSpec? spec, int copies, Workload workload)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var stack = new StackOf(parent, spec, copies);
        var model = stack.Model;
        using var cache = new KvCache(model.Config, workload.Batch, workload.PromptTokens + workload.OutputTokens + 8);
        var prompt_BT = zeros([workload.Batch, workload.PromptTokens], ScalarType.Int64);
        var token_B1 = zeros([workload.Batch, 1], ScalarType.Int64);
        Pass(token_B1);
        cache.Truncate(0);
        var prefill = Pass(prompt_BT);
        Pass(token_B1);
        var first = (Pass(token_B1) + Pass(token_B1) + Pass(token_B1)) / 3;
        // The end of the output: the cache's content does not matter for time, only its length.
        cache.Skip(Math.Max(0, workload.OutputTokens - 5));
        Pass(token_B1);
        var last = (Pass(token_B1) + Pass(token_B1) + Pass(token_B1)) / 3;
        return new SubblockCost(prefill, first, last);

        double Pass(Tensor ids_BT)
        {
            using var inner = NewDisposeScope();
            var watch = Stopwatch.StartNew();
            var hidden_BTD = model.Hidden(ids_BT, null, cache);
            if (spec is null)
                model.Logits(hidden_BTD.narrow(1, hidden_BTD.shape[1] - 1, 1)).argmax(-1);
            return watch.Elapsed.TotalMilliseconds;
        }
    }

    // The stack's weights go with it; embedding, norm and head are the parent's and stay.
    private sealed class StackOf : IDisposable
    {
        private readonly List<Subblock> _owned = [];

        public StackOf(Transformer parent, SubblockSpec? spec, int copies)
        {
            var config = parent.Config;
            WeightReader reader = (_, rows, columns) => (columns is { } width ? full([rows.Sum(), width], Held.Number(0.01), ScalarType.Float32) : ones(rows.Sum())).DetachFromDisposeScope();
            var blocks = Enumerable.Range(0, copies).Select(_ =>
            {
                var subblock = VariantCatalogue.Of(spec!).Read(spec!, config, reader);
                _owned.Add(subblock);
                return spec!.Subblock == SubblockKind.Attention
                    ? new Block(subblock, new NoOpSubblock(SubblockKind.FeedForward))
                    : new Block(new NoOpSubblock(SubblockKind.Attention), subblock);
            });
            Model = new Transformer(config with { Layers = [] }, parent.Embedding, parent.FinalNorm, parent.Head, blocks);
        }

        public Transformer Model { get; }

        public void Dispose()
        {
            foreach (var subblock in _owned)
                subblock.Dispose();
        }
    }
}
