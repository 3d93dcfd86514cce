using Puzzle.Core.Search;

namespace Puzzle.Benchmarks;

/// <summary>
/// A made-up library of the size of a 405B's: 126 layers x 54 variants (6 attentions x 9 feed-forwards) at several batches. Costs
/// follow from what the variant is, with noise from a fixed generator; scores are correlated with what is saved, and differ from
/// layer to layer as those of real models do.
/// </summary>
internal static class CorrelatedLibrary
{
    public const int Layers = 126;
    public const ulong Seed = 405;

    public static readonly int[] Batches = [1, 2, 4, 8, 16, 32, 64, 128];

    private static readonly (string Id, double Kv, double Weight, double Harm)[] s_attentions =
        [("gqa_8", 8, 1, 0), ("gqa_4", 4, 0.94, 0.25), ("gqa_2", 2, 0.91, 0.45), ("gqa_1", 1, 0.9, 0.7), ("attn_linear", 0, 0.45, 0.9), ("attn_no_op", 0, 0, 1)];

    private static readonly (string Id, double Width, double Harm)[] s_feedForwards =
        [("ffn_53248", 1, 0), ("ffn_46592", 0.875, 0.08), ("ffn_39936", 0.75, 0.17), ("ffn_26624", 0.5, 0.36), ("ffn_19968", 0.375, 0.47), ("ffn_13312", 0.25, 0.62), ("ffn_5376", 0.1, 0.85), ("ffn_linear", 0.08, 0.9), ("ffn_no_op", 0, 1)];

    /// <summary>Scenario: 4,096 prompt and 512 output tokens; columns <c>runtime_ms@bN</c>, <c>memory_mib@bN</c>, <c>num_params</c>.</summary>
    public static PuzzleProblem Make()
    {
        var random = Seed;
        double Next()
        {
            // SplitMix64: the same numbers everywhere.
            random += 0x9E3779B97F4A7C15;
            var z = random;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
        }

        double Round(double value, int digits) => Math.Round(value, digits);
        var items = new List<PuzzleItem>();
        for (var layer = 0; layer < Layers; layer++)
        {
            var depth = layer / (Layers - 1.0);
            var attentionHarm = 0.02 + 0.5 * Math.Pow(Next(), 2) * (1.4 - depth);
            var feedForwardHarm = 0.05 + 0.7 * Math.Pow(Next(), 2) * (0.6 + depth * depth);
            foreach (var attention in s_attentions)
            {
                foreach (var feedForward in s_feedForwards)
                {
                    var isParent = attention.Harm == 0 && feedForward.Harm == 0;
                    var (a, f) = (attentionHarm * attention.Harm * (0.8 + 0.4 * Next()), feedForwardHarm * feedForward.Harm * (0.8 + 0.4 * Next()));
                    var kl = isParent ? 0 : Round(Math.Pow(Math.Pow(a, 1.6) + Math.Pow(f, 1.6), 1 / 1.6), 7);
                    var parameters = Math.Round(570e6 * attention.Weight + 2617e6 * feedForward.Width);
                    var costs = new Dictionary<string, double> { ["num_params"] = parameters, ["has_attention"] = attention.Kv > 0 ? 1 : 0 };
                    foreach (var batch in Batches)
                    {
                        var prefill = batch * (9.1 * attention.Weight + 4.2 * (attention.Kv > 0 ? 1 : 0) + 41.0 * feedForward.Width);
                        var decode = 512 * (0.11 * attention.Weight + 0.49 * feedForward.Width + batch * (0.0011 * attention.Kv + 0.0006 * feedForward.Width));
                        costs[$"runtime_ms@b{batch}"] = Round((prefill + decode) * (0.98 + 0.04 * Next()), 6);
                        costs[$"memory_mib@b{batch}"] = Round(parameters / 1048576 + batch * 4608.0 * 2 * attention.Kv * 128 / 1048576, 6);
                    }

                    items.Add(new PuzzleItem { FirstLayer = layer, Id = $"{attention.Id} + {feedForward.Id}", IsParent = isParent, Scores = new Dictionary<string, double> { ["kl_div"] = kl }, Costs = costs });
                }
            }
        }

        return new PuzzleProblem { LayerCount = Layers, Items = items, NonBlockCosts = new Dictionary<string, double> { ["memory_mib"] = 4008.5, ["num_params"] = 4.2e9 }, Source = "the made-up library" };
    }

    /// <summary>Half the parent's memory at most, 1.7 times its best throughput at least, at most 100 seconds a batch.</summary>
    public static SearchQuery Query { get; } = new()
    {
        Gap = 1e-6,
        Limits = [Limit.Min("num_params", 100e9)],
        Scenarios =
        [
            new Scenario
            {
                Batches = Batches,
                PromptTokens = 4096,
                OutputTokens = 512,
                Limits = [Limit.Min("throughput", 1.7, LimitBasis.Parent), Limit.Max("memory", 240_000), Limit.Max("latency", 600)],
            },
        ],
    };
}
