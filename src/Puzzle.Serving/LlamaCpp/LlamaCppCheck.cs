using Puzzle.Core.Export;

namespace Puzzle.Serving.LlamaCpp;

/// <summary>Runs exports in llama.cpp, where <see cref="LlamaCppLibrary.Variable"/> says where it is.</summary>
public sealed class LlamaCppCheck(LlamaCppLibrary library) : IEngineCheck
{
    /// <summary>The check, or null where llama.cpp is not configured.</summary>
    public static LlamaCppCheck? FromEnvironment() => LlamaCppLibrary.FromEnvironment() is { } library ? new(library) : null;

    /// <inheritdoc/>
    public string Name => $"llama.cpp ({library.Version})";

    /// <inheritdoc/>
    public float[] LogProbabilities(string file, IReadOnlyList<int> ids)
    {
        using var model = LlamaCppModel.Open(library, file);
        using var session = new LlamaCppSession(model, new() { ContextTokens = Math.Max(ids.Count, 64), BatchTokens = Math.Max(ids.Count, 64), Threads = 1 });
        var values = session.AllLogits([.. ids]);
        for (var row = 0; row < ids.Count; row++)
        {
            var logits = values.AsSpan(row * session.VocabSize, session.VocabSize);
            double largest = float.NegativeInfinity, sum = 0;
            foreach (var logit in logits)
                largest = Math.Max(largest, logit);
            foreach (var logit in logits)
                sum += Math.Exp(logit - largest);
            var shift = (float)(largest + Math.Log(sum));
            for (var i = 0; i < logits.Length; i++)
                logits[i] -= shift;
        }

        return values;
    }
}
