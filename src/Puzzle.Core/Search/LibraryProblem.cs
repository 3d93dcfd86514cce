using Puzzle.Core.Library;
using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Scoring;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Search;

/// <summary>The problem that a run's library, scores and costs pose: an item for every pair of subblocks of every layer.</summary>
/// <param name="parent">The parent's architecture.</param>
/// <param name="choices">What may stand in each layer.</param>
/// <param name="scores">Scores of subblocks, and of some pairs.</param>
/// <param name="costs">Measured times.</param>
/// <param name="memory">How memory is counted.</param>
/// <param name="scenarios">Scenarios of the recipe.</param>
public sealed class LibraryProblem(ModelConfig parent, IReadOnlyList<LayerChoices> choices, ScoreTable scores, CostTable costs, MemoryModel memory, IReadOnlyList<Recipes.Scenario> scenarios)
{
    private const double Mib = 1024.0 * 1024;
    private readonly Dictionary<(int, SubblockSpec), SubblockScore> _single = scores.Subblocks.ToDictionary(score => (score.Layer, score.Spec));
    private readonly Dictionary<(int, LayerSpec), BlockScore> _exact = scores.Pairs.ToDictionary(pair => (pair.Layer, pair.Spec));

    /// <summary>Takes the score of a pair as it was measured instead of as it is composed.</summary>
    public void Add(BlockScore pair) => _exact[(pair.Layer, pair.Spec)] = pair;

    /// <summary>Whether the score of a layer's pair was measured rather than composed.</summary>
    public bool IsExact(int layer, LayerSpec spec)
    {
        var own = parent.Layers[layer];
        return spec.Attention == own.Attention || spec.FeedForward == own.FeedForward || _exact.ContainsKey((layer, spec));
    }

    /// <summary>The problem as it stands.</summary>
    public PuzzleProblem Build() => new()
    {
        LayerCount = parent.Layers.Count,
        Items = [.. choices.SelectMany((layer, i) => layer.Attention.SelectMany(a => layer.FeedForward.Select(f => Item(i, new LayerSpec(a, f)))))],
        NonBlockCosts = NonBlock(),
        Source = "the run's library",
    };

    /// <summary>KL of a layer's pair, measured or composed.</summary>
    public double Kl(int layer, LayerSpec spec) => Score(layer, spec, score => score.Kl, pair => pair.Kl, 0, composed: true);

    private PuzzleItem Item(int layer, LayerSpec spec)
    {
        var own = parent.Layers[layer];
        var itemCosts = new Dictionary<string, double>
        {
            ["num_params"] = VariantCatalogue.Of(spec.Attention).Parameters(spec.Attention, parent) + VariantCatalogue.Of(spec.FeedForward).Parameters(spec.FeedForward, parent),
            ["weights_mib"] = (memory.WeightBytes(spec.Attention, parent) + memory.WeightBytes(spec.FeedForward, parent)) / Mib,
            ["num_kv_heads"] = (spec.Attention as GroupedQuerySpec)?.KvHeads ?? 0,
            ["has_attention"] = spec.Attention is GroupedQuerySpec ? 1 : 0,
        };
        foreach (var (suffix, workload) in Columns())
        {
            var kv = memory.KvBytes(spec.Attention, parent, workload) / Mib;
            itemCosts[$"kv_mib{suffix}"] = kv;
            itemCosts[$"memory_mib{suffix}"] = itemCosts["weights_mib"] + kv;
            var measured = costs.Of(workload).Of(spec);
            Times(itemCosts, suffix, measured.PrefillMs, measured.DecodeMs * workload.OutputTokens);
        }

        return new PuzzleItem
        {
            FirstLayer = layer,
            Id = spec.ToString(),
            Layers = [spec],
            IsParent = spec == own,
            Costs = itemCosts,
            Scores = Scores(layer, spec),
        };
    }

    private Dictionary<string, double> Scores(int layer, LayerSpec spec)
    {
        var all = new Dictionary<string, double>
        {
            ["kl_div"] = Kl(layer, spec),
            ["lm_loss"] = Score(layer, spec, score => score.LmLoss, pair => pair.LmLoss, scores.ParentLoss, composed: false),
            ["top_1"] = Score(layer, spec, score => 1 - score.TopOneAgreement, pair => 1 - pair.TopOneAgreement, 0, composed: true),
        };
        if (scores.ParentTask is { } parentTask)
            all["task"] = Score(layer, spec, score => score.Task!.Value, pair => pair.Task!.Value, parentTask.Value, composed: false);
        return all;
    }

    // What a pair does beyond the parent: as measured where it was, else composed of its subblocks' own (or their sum).
    private double Score(int layer, LayerSpec spec, Func<SubblockScore, double> single, Func<BlockScore, double> pair, double neutral, bool composed)
    {
        var own = parent.Layers[layer];
        if (_exact.TryGetValue((layer, spec), out var exact))
            return pair(exact) - neutral;
        var attention = spec.Attention == own.Attention ? 0 : single(_single[(layer, spec.Attention)]) - neutral;
        var feedForward = spec.FeedForward == own.FeedForward ? 0 : single(_single[(layer, spec.FeedForward)]) - neutral;
        return composed ? BlockComposition.Compose(attention, feedForward, scores.Exponent) : attention + feedForward;
    }

    private Dictionary<string, double> NonBlock()
    {
        var other = new Dictionary<string, double>
        {
            ["num_params"] = VariantCatalogue.Parameters(parent) - VariantCatalogue.BlockParameters(parent),
            ["weights_mib"] = memory.OtherWeightBytes(parent) / Mib,
        };
        foreach (var (suffix, workload) in Columns())
        {
            other[$"memory_mib{suffix}"] = other["weights_mib"] + MemoryModel.WorkspaceBytes(parent, workload) / Mib;
            var measured = costs.Of(workload).Fixed;
            Times(other, suffix, measured.PrefillMs, measured.DecodeMs * workload.OutputTokens);
        }

        return other;
    }

    private static void Times(Dictionary<string, double> into, string suffix, double prefillMs, double decodeMs)
    {
        into[$"prefill_runtime_ms{suffix}"] = prefillMs;
        into[$"decode_runtime_ms{suffix}"] = decodeMs;
        into[$"runtime_ms{suffix}"] = prefillMs + decodeMs;
    }

    private IEnumerable<(string Suffix, Workload Workload)> Columns() => scenarios.SelectMany(scenario =>
        scenario.BatchesToTry().Select(batch => ($"@{scenario.Name}.b{batch}", new Workload(batch, scenario.PromptTokens, scenario.OutputTokens))));
}
