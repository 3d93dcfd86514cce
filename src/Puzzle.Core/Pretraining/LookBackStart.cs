using Puzzle.Core.Models;
using Puzzle.Core.Variants.GroupedQuery;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Pretraining;

// D hidden, H head_dim, W dimensions of words

/// <summary>
/// A start for embeddings and attention from which looking things up in the context is learned fast. Words take half of the hidden
/// dimensions. In the first layer some heads look a fixed number of tokens back and write what they see into dimensions of their own;
/// in the later layers some heads match what is written at the query with what is written at the key, and pass on the word that
/// stands there. From noise, each of the two waits for the other to be of use, and a short training ends before they meet. All
/// embeddings share one dimension, which look-back heads turn into a position. Training may do with all of it what it likes.
/// </summary>
internal sealed class LookBackStart
{
    private const double Deviation = 0.1;
    private const double Constant = 0.6;
    private const double Written = 0.12;
    private const double Matching = 2;
    private const double Passing = 0.3;
    private const double PassingLater = 0.1;
    private static readonly double[] s_sharpness = [6, 9];
    private readonly Transformer _model;
    private readonly int _heads;
    private readonly Tensor _code_HD;
    private readonly Random _random;
    private readonly Generator _draws;

    private LookBackStart(Transformer model, int heads, int seed, Generator draws)
    {
        (_model, _heads, _random, _draws) = (model, heads, new Random(seed), draws);
        _code_HD = OfWords(randn([Size, Hidden / 2], generator: draws) / Held.Number(Math.Sqrt(Hidden / 2.0)));
    }

    private long Size => _model.Config.HeadDim;

    private long Hidden => _model.Config.HiddenSize;

    /// <summary>The embedding [V, D]: dimension 0 is shared, words are noise in half of the others.</summary>
    public static Tensor Embedding(long vocabulary, long hidden, Generator draws)
    {
        var embedding = randn([vocabulary, hidden], generator: draws) * Held.Number(0.1 * Deviation);
        embedding.narrow(1, 0, 1).fill_(Held.Number(Constant));
        embedding.narrow(1, FirstOfWords(hidden), hidden / 2).copy_(randn([vocabulary, hidden / 2], generator: draws) * Held.Number(Deviation));
        return embedding;
    }

    /// <summary>Gives the heads their start.</summary>
    /// <param name="model">As initialised, embedding included.</param>
    /// <param name="heads">Heads of the first layer that look back: the first 1 token, the next 2, and so on.</param>
    /// <param name="seed">Of what is matched with what.</param>
    /// <param name="draws">Of the noise.</param>
    public static void Turn(Transformer model, int heads, int seed, Generator draws)
    {
        if (heads == 0)
            return;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        new LookBackStart(model, heads, seed, draws).Turn();
    }

    private static long FirstOfWords(long hidden) => hidden / 8;

    private void Turn()
    {
        for (var layer = 0; layer < _model.Blocks.Count; layer++)
        {
            var attention = (GroupedQueryAttention)_model.Blocks[layer].Attention;
            for (var head = 0; head < (layer == 0 ? _heads : _model.Config.Heads / 2); head++)
            {
                var kvHead = _model.Config.Heads + head * attention.GroupedQuery.KvHeads / _model.Config.Heads;
                var query_HD = attention.Qkv.narrow(0, head * Size, Size);
                var key_HD = attention.Qkv.narrow(0, kvHead * Size, Size);
                var value_HD = attention.Qkv.narrow(0, (kvHead + attention.GroupedQuery.KvHeads) * Size, Size);
                var output_DH = attention.Output.narrow(1, head * Size, Size);
                if (layer == 0)
                {
                    LookBack(query_HD, key_HD, head + 1);
                    value_HD.copy_(_code_HD);
                    output_DH.copy_(Reading(head + 1).t() * Held.Number(Written));
                }
                else
                {
                    Match(query_HD, key_HD, layer == 1 ? (0, 1) : (_random.Next(_heads + 1), _random.Next(_heads + 1)));
                    value_HD.copy_(OfWords(randn([Size, Hidden / 2], generator: _draws) / Held.Number(Math.Sqrt(Hidden / 2.0))));
                    output_DH.copy_(value_HD.t() * Held.Number(layer == 1 ? Passing : PassingLater));
                }
            }
        }
    }

    // Queries and keys are one vector each, turned so that they meet at a distance.
    private void LookBack(Tensor query_HD, Tensor key_HD, int tokens)
    {
        var frequencies = RotaryTable.Frequencies(_model.Config);
        // What RMSNorm makes of the shared dimension.
        var seen = Math.Sqrt(Hidden) * Constant / Math.Sqrt(Constant * Constant + Deviation * Deviation * Hidden / 2);
        var (query, key) = (new float[Size], new float[Size]);
        for (var i = 0; i < s_sharpness.Length; i++)
        {
            var (angle, length) = (frequencies[i] * tokens, s_sharpness[i] / seen);
            key[i] = (float)length;
            (query[i], query[i + Size / 2]) = ((float)(length * Math.Cos(angle)), (float)(-length * Math.Sin(angle)));
        }

        query_HD.mul_(Held.Number(0.1)).narrow(1, 0, 1).copy_(tensor(query).unsqueeze(1));
        key_HD.mul_(Held.Number(0.1)).narrow(1, 0, 1).copy_(tensor(key).unsqueeze(1));
    }

    // The fast frequencies, which look-back uses, would turn a match into noise: those rows are empty.
    private void Match(Tensor query_HD, Tensor key_HD, (int Query, int Key) what)
    {
        query_HD.copy_(Reading(what.Query) * Held.Number(Matching));
        key_HD.copy_(Reading(what.Key) * Held.Number(Matching));
        for (var i = 0; i < s_sharpness.Length; i++)
        {
            foreach (var row in new[] { i, i + Size / 2 })
            {
                query_HD[row].zero_();
                key_HD[row].zero_();
            }
        }
    }

    // 0 reads the word itself, n what the head that looks n tokens back has written.
    private Tensor Reading(int tokens)
    {
        if (tokens == 0)
            return _code_HD;
        var reading_HD = zeros([Size, Hidden]);
        reading_HD.narrow(1, FirstOfWords(Hidden) + Hidden / 2 + (tokens - 1) * Size, Size).copy_(eye(Size));
        return reading_HD;
    }

    private Tensor OfWords(Tensor values_HW)
    {
        var wide_HD = zeros([Size, Hidden]);
        wide_HD.narrow(1, FirstOfWords(Hidden), Hidden / 2).copy_(values_HW);
        return wide_HD;
    }
}
