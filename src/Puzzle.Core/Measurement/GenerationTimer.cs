using System.Diagnostics;
using Puzzle.Core.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Measurement;

/// <summary>Times greedy generation of a batch, end to end, on the torch engine.</summary>
public static class GenerationTimer
{
    /// <summary>One run: prefill of random prompts, then one token a step. Weights of sampling do not matter: greedy.</summary>
    public static GenerationTime Run(Transformer model, Workload workload)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var prompt_BT = (arange(Held.Number(workload.Batch * (long)workload.PromptTokens), ScalarType.Int64) * Held.Number(7919) % Held.Number(model.Embedding.shape[0])).view(workload.Batch, workload.PromptTokens);
        using var cache = new KvCache(model.Config, workload.Batch, workload.PromptTokens + workload.OutputTokens);
        var watch = Stopwatch.StartNew();
        var next_B1 = Next(model, prompt_BT, cache);
        var first = watch.Elapsed.TotalMilliseconds;
        for (var step = 1; step < workload.OutputTokens; step++)
        {
            using var inner = NewDisposeScope();
            next_B1 = Next(model, next_B1, cache).MoveToOuterDisposeScope();
        }

        return new GenerationTime(workload, first, watch.Elapsed.TotalMilliseconds);
    }

    /// <summary>The median; of an even number the mean of the middle two.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>Half the distance between the quartiles as a share of the median; null where the median is nothing.</summary>
    public static double? Spread(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var (lower, middle, upper) = (sorted[sorted.Length / 4], sorted[sorted.Length / 2], sorted[3 * sorted.Length / 4]);
        return middle > 0 ? Math.Round((upper - lower) / 2 / middle, 4) : null;
    }

    private static Tensor Next(Transformer model, Tensor ids_BT, KvCache cache)
    {
        using var scope = NewDisposeScope();
        var hidden_BTD = model.Hidden(ids_BT, null, cache);
        return model.Logits(hidden_BTD.narrow(1, hidden_BTD.shape[1] - 1, 1)).argmax(-1).MoveToOuterDisposeScope();
    }
}
