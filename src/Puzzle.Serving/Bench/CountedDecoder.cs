using System.Diagnostics;
using Puzzle.Core.Models;
using Puzzle.Serving.Engine;

namespace Puzzle.Serving.Bench;

/// <summary>A decoder that counts what its passes do and how long they take.</summary>
/// <param name="model">What the decoder runs.</param>
/// <param name="decoder">Goes with this one.</param>
public sealed class CountedDecoder(CpuModel model, CpuDecoder decoder) : IDecoder
{
    private readonly List<((int Before, int Count)[] Parts, int Wanted, double Seconds)> _passes = [];

    /// <inheritdoc/>
    public ModelConfig Config => decoder.Config;

    /// <inheritdoc/>
    public int Slots => decoder.Slots;

    /// <inheritdoc/>
    public int Capacity => decoder.Capacity;

    /// <inheritdoc/>
    public int MaxTokens => decoder.MaxTokens;

    /// <inheritdoc/>
    public EngineMemory Memory => decoder.Memory;

    /// <summary>Passes with chunks of prompts, perhaps with new tokens of other sequences.</summary>
    public PassTotals Prefill => Total(isDecode: false);

    /// <summary>Passes of one new token a sequence.</summary>
    public PassTotals Decode => Total(isDecode: true);

    /// <summary>Starts counting anew.</summary>
    public void Reset() => _passes.Clear();

    /// <inheritdoc/>
    public void Run(TokenBatch batch)
    {
        var parts = new (int Before, int Count)[batch.Parts];
        for (var i = 0; i < parts.Length; i++)
            parts[i] = (decoder.Length(batch[i].Slot), batch[i].Count);
        var start = Stopwatch.GetTimestamp();
        decoder.Run(batch);
        _passes.Add((parts, batch.Wanted, Stopwatch.GetElapsedTime(start).TotalSeconds));
    }

    /// <inheritdoc/>
    public int Length(int slot) => decoder.Length(slot);

    /// <inheritdoc/>
    public void Truncate(int slot, int length) => decoder.Truncate(slot, length);

    /// <inheritdoc/>
    public Span<float> Logits(int index) => decoder.Logits(index);

    /// <inheritdoc/>
    public int Best(int index) => decoder.Best(index);

    /// <inheritdoc/>
    public void Dispose() => decoder.Dispose();

    // What passes do is added up afterwards: while they are timed it would count.
    private PassTotals Total(bool isDecode)
    {
        var total = new PassTotals();
        foreach (var (parts, wanted, seconds) in _passes)
        {
            if (parts.All(part => part is { Count: 1, Before: > 0 }) == isDecode)
                total += new PassTotals { Passes = 1, Tokens = parts.Sum(part => part.Count), Seconds = seconds, Work = PassWork.Of(model, parts, wanted) };
        }

        return total;
    }
}
