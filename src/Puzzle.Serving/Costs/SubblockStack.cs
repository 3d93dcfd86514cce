using Puzzle.Core.Measurement;
using Puzzle.Core.Variants;
using Puzzle.Serving.Engine;

namespace Puzzle.Serving.Costs;

/// <summary>
/// Copies of one subblock, each with weights of its own, between the parent's embedding and head: N of them and 2 N of them.
/// What a pass pays once drops out of the difference.
/// </summary>
internal sealed class SubblockStack : IDisposable
{
    private const int MostCopies = 96;

    private readonly List<(PackedAttention Attention, PackedFeedForward FeedForward)> _layers = [];
    private readonly CpuModel _short;
    private readonly CpuModel _long;

    /// <param name="parent">Gives sizes, embedding and head.</param>
    /// <param name="spec">What is stacked.</param>
    /// <param name="copies">N; null: as many as make both stacks lie where a model like the parent lies, in the caches or beyond.</param>
    public SubblockStack(CpuModel parent, SubblockSpec spec, int? copies)
    {
        var config = parent.Config;
        var layer = spec is AttentionSpec attention ? new LayerSpec(attention, new NoOpFeedForwardSpec()) : new LayerSpec(new NoOpAttentionSpec(), (FeedForwardSpec)spec);
        Spec = spec;
        Copies = copies ?? CopiesFor(parent, (long)(VariantCatalogue.Of(spec).Parameters(spec, config) * Kernels.PackedMatrix.BytesOf(parent.Type)));
        var stacked = config with { Layers = [.. Enumerable.Repeat(layer, 2 * Copies)] };
        var random = new Random(spec.Id.Length);
        var pool = new float[1 << 16];
        foreach (ref var value in pool.AsSpan())
            value = (float)(random.NextDouble() - 0.5) / 16;
        var reader = new PackedReader(stacked, (_, values) =>
        {
            for (var at = 0; at < values.Length; at += pool.Length)
                pool.AsSpan(0, Math.Min(pool.Length, values.Length - at)).CopyTo(values[at..]);
        }, parent.Type);
        for (var i = 0; i < 2 * Copies; i++)
            _layers.Add((reader.Attention(i), reader.FeedForward(i)));
        _long = parent.With(stacked, _layers);
        _short = _long.Prefix(Copies);
    }

    public SubblockSpec Spec { get; }

    /// <summary>Copies in the shorter stack.</summary>
    public int Copies { get; }

    /// <summary>Both stacks with room for a workload.</summary>
    public (WorkloadTimer Short, WorkloadTimer Long) For(Workload workload, EngineOptions options, CpuDecoder like) =>
        (new WorkloadTimer(_short, workload, options, like), new WorkloadTimer(_long, workload, options, like));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (attention, feedForward) in _layers)
        {
            attention.Dispose();
            feedForward.Dispose();
        }

        _short.DisposeTables();
        _long.DisposeTables();
    }

    // A model beyond the caches is read from memory in every pass: then both stacks must be so too. A small one stays inside, and
    // so does its stack: together with its cached keys and values it is as large as a child of half the parent's size.
    private static int CopiesFor(CpuModel parent, long bytes)
    {
        var layers = Math.Max(2, parent.Config.Layers.Count / 4);
        if (parent.Bytes < LastLevelCache.Bytes)
            return layers;
        return Math.Clamp((int)Math.Ceiling(1.5 * LastLevelCache.Bytes / bytes), 4, MostCopies);
    }
}
