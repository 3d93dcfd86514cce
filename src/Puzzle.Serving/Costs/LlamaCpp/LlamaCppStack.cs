using Puzzle.Core.Checkpoints;
using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using Puzzle.Serving.LlamaCpp;

namespace Puzzle.Serving.Costs.LlamaCpp;

/// <summary>
/// A model file of N equal layers and one of 2 N, each layer with weights of its own, over a tiny vocabulary: head and
/// embedding hardly count, and what a pass pays once drops out of the difference.
/// </summary>
internal sealed class LlamaCppStack : IDisposable
{
    private const int MostCopies = 160;
    private const int TinyVocabulary = 64;

    private readonly TemporaryGguf _shortFile;
    private readonly TemporaryGguf _longFile;
    private readonly LlamaCppModel _short;
    private readonly LlamaCppModel _long;

    /// <param name="library">llama.cpp.</param>
    /// <param name="parent">Gives sizes.</param>
    /// <param name="first">The first layer: llama.cpp reads the sizes of heads from it.</param>
    /// <param name="layer">All others.</param>
    /// <param name="type">How matrices are stored.</param>
    /// <param name="bytesOfNumber">What a number of a matrix takes.</param>
    /// <param name="copies">N; null: as many as make both stacks lie where a model like the parent lies, in the caches or beyond.</param>
    public LlamaCppStack(LlamaCppLibrary library, ModelConfig parent, LayerSpec first, LayerSpec layer, StoredType type, double bytesOfNumber, int? copies)
    {
        Copies = copies ?? CopiesFor(parent, layer, bytesOfNumber);
        ModelConfig Stacked(int count) => Tiny(parent) with { Layers = [first, .. Enumerable.Repeat(layer, count - 1)] };
        _shortFile = new TemporaryGguf(Stacked(Copies), Weights, type);
        _longFile = new TemporaryGguf(Stacked(2 * Copies), Weights, type);
        _short = LlamaCppModel.Open(library, _shortFile.Path);
        _long = LlamaCppModel.Open(library, _longFile.Path);
    }

    /// <summary>Layers of the shorter stack.</summary>
    public int Copies { get; }

    /// <summary>Both stacks with room for a workload.</summary>
    public (LlamaCppTimer Short, LlamaCppTimer Long) For(Workload workload, int threads, bool halfCache) =>
        (new LlamaCppTimer(_short, workload, threads, halfCache), new LlamaCppTimer(_long, workload, threads, halfCache));

    /// <inheritdoc/>
    public void Dispose()
    {
        _short.Dispose();
        _long.Dispose();
        _shortFile.Dispose();
        _longFile.Dispose();
    }

    /// <summary>Weights that mean nothing: small numbers that repeat with a period no matrix has.</summary>
    public static void Weights(string name, Span<float> values)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = ((i * 37L % 1009) - 504) / 16384f;
    }

    // The numbers of special tokens of the parent may lie beyond a tiny vocabulary.
    private static ModelConfig Tiny(ModelConfig parent) => parent with { VocabSize = TinyVocabulary, TieWordEmbeddings = true, BosTokenId = null, EosTokenIds = [] };

    // A model beyond the caches is read from memory in every pass: then both stacks must be so too. A small one stays inside.
    private static int CopiesFor(ModelConfig parent, LayerSpec layer, double bytesOfNumber)
    {
        if (VariantCatalogue.Parameters(parent) * bytesOfNumber < LastLevelCache.Bytes)
            return Math.Max(4, parent.Layers.Count / 2);
        var own = VariantCatalogue.Of(layer.Attention).Parameters(layer.Attention, parent) + VariantCatalogue.Of(layer.FeedForward).Parameters(layer.FeedForward, parent);
        return Math.Clamp((int)Math.Ceiling(1.5 * LastLevelCache.Bytes / (own * bytesOfNumber)), 4, MostCopies);
    }
}
