using Puzzle.Core.Measurement;
using Puzzle.Core.Recipes;
using Puzzle.Core.Variants;
using Puzzle.Serving.Engine;

namespace Puzzle.Serving.Costs;

/// <summary>
/// The marginal time of every subblock: the slope from N copies to 2 N. Rounds go over all subblocks in turn, short stack
/// and long stack one after the other, so that drift of the machine hits all alike; medians count.
/// </summary>
internal sealed class SubblockStopwatch : IDisposable
{
    private readonly CpuModel _parent;
    private readonly CpuModel _empty;
    private readonly EngineOptions _options;
    private readonly MeasureSection _settings;
    private readonly SubblockStack[] _stacks;

    public SubblockStopwatch(CpuModel parent, IReadOnlyList<SubblockSpec> specs, MeasureSection settings, EngineOptions options)
    {
        (_parent, _options, _settings) = (parent, options, settings);
        _empty = parent.Prefix(0);
        _stacks = [.. specs.Where(spec => spec is not (NoOpAttentionSpec or NoOpFeedForwardSpec)).Distinct().Select(spec => new SubblockStack(parent, spec, settings.Copies))];
    }

    /// <summary>Times all subblocks under a workload.</summary>
    public WorkloadCosts Measure(Workload workload, CancellationToken cancellation)
    {
        int[] contexts = [workload.PromptTokens, workload.PromptTokens + Math.Max(0, workload.OutputTokens - 1)];
        using var like = new CpuDecoder(_parent, workload.Batch, 8, _options);
        using var alone = new WorkloadTimer(_empty, workload, _options, like);
        var pairs = _stacks.Select(stack => stack.For(workload, _options, like)).ToArray();
        var samples = _stacks.ToDictionary(stack => stack, _ => new List<SubblockCost>());
        var fixedSamples = new List<SubblockCost>();
        var rounds = new TimedRounds(_settings.Repeats);
        for (var round = -_settings.Warmup; round < 0 || rounds.More(round); round++)
        {
            var fixedCost = new SubblockCost(alone.PrefillMs(), alone.DecodeMs(contexts[0]), alone.DecodeMs(contexts[1]));
            if (round >= 0)
                fixedSamples.Add(fixedCost);
            for (var i = 0; i < _stacks.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                var (one, two) = pairs[i];
                var (prefill, first, last) = (two.PrefillMs(), two.DecodeMs(contexts[0]), two.DecodeMs(contexts[1]));
                var slope = new SubblockCost((prefill - one.PrefillMs()) / _stacks[i].Copies, (first - one.DecodeMs(contexts[0])) / _stacks[i].Copies, (last - one.DecodeMs(contexts[1])) / _stacks[i].Copies);
                if (round >= 0)
                    samples[_stacks[i]].Add(slope);
            }
        }

        foreach (var (one, two) in pairs)
        {
            one.Dispose();
            two.Dispose();
        }

        return new WorkloadCosts(workload, Median(fixedSamples, workload), samples.ToDictionary(pair => pair.Key.Spec.Id, pair => Median(pair.Value, workload)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var stack in _stacks)
            stack.Dispose();
        _empty.DisposeTables();
    }

    // A slope below zero is noise around nothing.
    private static SubblockCost Median(List<SubblockCost> samples, Workload workload)
    {
        double Middle(Func<SubblockCost, double> value) => Math.Max(0, GenerationTimer.Median(samples.Select(value)));
        return new SubblockCost(Middle(sample => sample.PrefillMs), Middle(sample => sample.FirstDecodeMs), Middle(sample => sample.LastDecodeMs))
        {
            Spread = GenerationTimer.Spread(samples.Select(sample => sample.TotalMs(workload))),
        };
    }
}
