using Puzzle.Core.Checkpoints;
using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Variants;
using Puzzle.Serving.LlamaCpp;

namespace Puzzle.Serving.Costs.LlamaCpp;

/// <summary>
/// The marginal time of every subblock in llama.cpp, as the slope from N layers to 2 N. It runs no attention without a
/// feed-forward network, so attentions are stacked with a narrow one, whose own slope is subtracted. Rounds go over all stacks in turn, so
/// that drift of the machine hits all alike; medians count.
/// </summary>
internal sealed class LlamaCppStopwatch : IDisposable
{
    // The narrowest that blocks of quantised numbers allow.
    private static readonly SwiGluSpec Narrow = new(32);

    private readonly MeasureSection _settings;
    private readonly int _threads;
    private readonly bool _halfCache;
    private readonly GroupedQuerySpec _own;
    private readonly Dictionary<SubblockSpec, LlamaCppStack> _stacks = [];
    private readonly TemporaryGguf _wholeFile;
    private readonly LlamaCppModel _whole;

    /// <param name="library">llama.cpp.</param>
    /// <param name="parent">Gives sizes and vocabulary.</param>
    /// <param name="specs">What is timed; the feed-forward no-op always, which llama.cpp cannot leave out behind an attention.</param>
    /// <param name="settings">Repeats, warm-up, copies.</param>
    /// <param name="type">How matrices are stored.</param>
    /// <param name="threads">Threads of every pass.</param>
    /// <param name="halfCache">Whether keys and values are kept in half precision.</param>
    public LlamaCppStopwatch(LlamaCppLibrary library, ModelConfig parent, IReadOnlyList<SubblockSpec> specs, MeasureSection settings, StoredType type, int threads, bool halfCache)
    {
        (_settings, _threads, _halfCache) = (settings, threads, halfCache);
        _own = parent.Layers.Select(layer => layer.Attention).OfType<GroupedQuerySpec>().First();
        _wholeFile = new TemporaryGguf(parent with { Layers = [new(_own, Narrow)] }, LlamaCppStack.Weights, type);
        _whole = LlamaCppModel.Open(library, _wholeFile.Path);
        try
        {
            foreach (var spec in specs.Append(_own).Append(Narrow).Append(new NoOpFeedForwardSpec()).Where(spec => spec is not NoOpAttentionSpec).Distinct())
            {
                var layer = spec switch
                {
                    AttentionSpec attention => new LayerSpec(attention, Narrow),
                    NoOpFeedForwardSpec => new LayerSpec(new NoOpAttentionSpec(), new SwiGluSpec(new GgufExportOptions().StandInWidth)),
                    _ => new LayerSpec(new NoOpAttentionSpec(), (FeedForwardSpec)spec),
                };
                _stacks[spec] = new LlamaCppStack(library, parent, layer.Attention is GroupedQuerySpec ? layer : layer with { Attention = _own }, layer, type, MemoryModel.BytesOf(settings.Weights), settings.Copies);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Times all subblocks under a workload.</summary>
    public WorkloadCosts Measure(Workload workload, IReadOnlyList<SubblockSpec> specs, CancellationToken cancellation)
    {
        using var whole = new LlamaCppTimer(_whole, workload, _threads, _halfCache);
        var pairs = new Dictionary<SubblockSpec, (LlamaCppTimer Short, LlamaCppTimer Long)>();
        try
        {
            foreach (var (spec, stack) in _stacks)
                pairs[spec] = stack.For(workload, _threads, _halfCache);
            return Measure(workload, specs, whole, pairs, cancellation);
        }
        finally
        {
            foreach (var (one, two) in pairs.Values)
            {
                one.Dispose();
                two.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var stack in _stacks.Values)
            stack.Dispose();
        _whole.Dispose();
        _wholeFile.Dispose();
    }

    private WorkloadCosts Measure(Workload workload, IReadOnlyList<SubblockSpec> specs, LlamaCppTimer whole, Dictionary<SubblockSpec, (LlamaCppTimer Short, LlamaCppTimer Long)> pairs, CancellationToken cancellation)
    {
        var (prefills, firsts, lasts) = (new Samples(), new Samples(), new Samples());
        LlamaCppTimer[] all = [whole, .. pairs.Values.SelectMany(pair => new[] { pair.Short, pair.Long })];
        foreach (var timer in all)
            timer.PrefillMs(all: true);
        Rounds(samples =>
        {
            samples(prefills, timer => timer.PrefillMs());
            samples(firsts, timer => timer.DecodeMs());
        });
        foreach (var timer in all)
            timer.Grow(workload.PromptTokens + Math.Max(0, workload.OutputTokens - 1));
        Rounds(samples => samples(lasts, timer => timer.DecodeMs()));

        SubblockCost Of(SubblockSpec? spec) => new(prefills.Median(spec), firsts.Median(spec), lasts.Median(spec)) { Spread = prefills.Spread(spec, firsts, lasts, workload) };
        var narrow = Of(Narrow);
        SubblockCost Cost(SubblockSpec spec) => spec is AttentionSpec ? Less(Of(spec), narrow) : Of(spec);
        return new WorkloadCosts(
            workload,
            Positive(Less(Less(Of(null), Cost(_own)), narrow)),
            specs.Append(new NoOpFeedForwardSpec()).Where(spec => spec is not NoOpAttentionSpec).Distinct().ToDictionary(spec => spec.Id, spec => Positive(Cost(spec))));

        void Rounds(Action<Action<Samples, Func<LlamaCppTimer, double>>> each)
        {
            var rounds = new TimedRounds(_settings.Repeats);
            for (var round = -_settings.Warmup; round < 0 || rounds.More(round); round++)
            {
                each((samples, time) => samples.Add(round >= 0, null, time(whole)));
                foreach (var (spec, (one, two)) in pairs)
                {
                    cancellation.ThrowIfCancellationRequested();
                    each((samples, time) => samples.Add(round >= 0, spec, (time(two) - time(one)) / _stacks[spec].Copies));
                }
            }
        }
    }

    private static SubblockCost Less(SubblockCost all, SubblockCost part) =>
        new(all.PrefillMs - part.PrefillMs, all.FirstDecodeMs - part.FirstDecodeMs, all.LastDecodeMs - part.LastDecodeMs) { Spread = all.Spread };

    // A slope below zero is noise around nothing.
    private static SubblockCost Positive(SubblockCost cost) =>
        new(Math.Max(0, cost.PrefillMs), Math.Max(0, cost.FirstDecodeMs), Math.Max(0, cost.LastDecodeMs)) { Spread = cost.Spread };

    /// <summary>Times of the rounds by subblock; those of the whole model under no subblock.</summary>
    private sealed class Samples
    {
        private readonly List<double> _whole = [];
        private readonly Dictionary<SubblockSpec, List<double>> _of = [];

        public void Add(bool counts, SubblockSpec? spec, double time)
        {
            if (counts)
                Times(spec).Add(time);
        }

        public double Median(SubblockSpec? spec) => GenerationTimer.Median(Times(spec));

        public double? Spread(SubblockSpec? spec, Samples firsts, Samples lasts, Workload workload) =>
            GenerationTimer.Spread(Times(spec).Select((prefill, i) => new SubblockCost(prefill, firsts.Times(spec)[i], lasts.Times(spec)[i]).TotalMs(workload)));

        private List<double> Times(SubblockSpec? spec)
        {
            if (spec is null)
                return _whole;
            if (!_of.TryGetValue(spec, out var times))
                _of[spec] = times = [];
            return times;
        }
    }
}
