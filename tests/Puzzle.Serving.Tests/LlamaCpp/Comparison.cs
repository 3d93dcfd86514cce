using Puzzle.Core.Checkpoints;
using Puzzle.Core.Export;
using Puzzle.Core.Models;
using Puzzle.Serving.LlamaCpp;
using static TorchSharp.torch;

namespace Puzzle.Serving.Tests.LlamaCpp;

/// <summary>The same tokens through our decoder and through llama.cpp.</summary>
internal static class Comparison
{
    /// <summary>Log-probabilities of all positions, [T, V].</summary>
    public static float[] LogProbabilities(Transformer model, IReadOnlyList<int> ids)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return nn.functional.log_softmax(model.Forward(tensor(ids.Select(id => (long)id).ToArray()).unsqueeze(0))[0], 1).contiguous().data<float>().ToArray();
    }

    /// <summary>The same, computed as ggml computes a file of a type.</summary>
    public static float[] LogProbabilities(Transformer model, StoredType type, IReadOnlyList<int> ids)
    {
        using var scope = NewDisposeScope();
        return GgmlForward.LogProbabilities(model, type, tensor(ids.Select(id => (long)id).ToArray()).unsqueeze(0)).contiguous().data<float>().ToArray();
    }

    public static float[] LogProbabilities(LlamaCppSession session, int[] ids)
    {
        using var scope = NewDisposeScope();
        return nn.functional.log_softmax(tensor(session.AllLogits(ids)).reshape(ids.Length, session.VocabSize), 1).contiguous().data<float>().ToArray();
    }

    public static double Largest(float[] a, float[] b) => a.Zip(b).Max(pair => double.IsFinite(pair.First) && double.IsFinite(pair.Second) ? Math.Abs(pair.First - pair.Second) : double.PositiveInfinity);

    /// <summary>Mean over positions of the divergence of b from a.</summary>
    public static double MeanKl(float[] a, float[] b, int vocabulary) =>
        a.Zip(b).Sum(pair => Math.Exp(pair.First) * (pair.First - pair.Second)) / (a.Length / vocabulary);

    /// <summary>Writes a child and opens it in llama.cpp.</summary>
    public static (LlamaCppModel Model, LlamaCppSession Session) Open(LlamaCppLibrary library, string file, int tokens = 128)
    {
        var model = LlamaCppModel.Open(library, file);
        return (model, new LlamaCppSession(model, new() { ContextTokens = tokens, BatchTokens = tokens, Threads = 1 }));
    }

    /// <summary>The first step at which greedy continuations differ, or null; a step whose best two nearly tie ends the comparison.</summary>
    public static int? FirstDifference(Transformer model, LlamaCppSession session, int[] prompt, int count)
    {
        var ids = prompt.ToList();
        var cached = 0;
        session.Clear();
        for (var step = 0; step < count; step++)
        {
            var fresh = ids.Skip(cached).Select((id, i) => new LlamaCppToken(id, cached + i, 0, cached + i == ids.Count - 1)).ToArray();
            session.Decode(fresh);
            cached = ids.Count;
            var theirs = session.Logits(fresh.Length - 1);
            var best = 0;
            for (var i = 1; i < theirs.Length; i++)
                best = theirs[i] > theirs[best] ? i : best;
            var ours = LogProbabilities(model, ids).TakeLast(session.VocabSize).ToArray();
            var order = Enumerable.Range(0, ours.Length).OrderByDescending(i => ours[i]).Take(2).ToArray();
            if (ours[order[0]] - ours[order[1]] < 1e-3)
                return null;
            if (order[0] != best)
                return step;
            ids.Add(best);
        }

        return null;
    }
}
