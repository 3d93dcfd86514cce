using Puzzle.Core.Errors;
using Puzzle.Core.Library;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Scoring;
using Puzzle.Core.Variants;
using Puzzle.Core.Variants.NoOp;

namespace Puzzle.Core.Search.Rounds;

/// <summary>
/// Scores of single blocks say nothing of how blocks work together. This search puts its solutions together, measures them,
/// scores variants around the best one and solves again, near it; or follows a path of conditional removals. The best by what
/// was measured is kept.
/// </summary>
/// <param name="problem">The library with costs and the scores around the parent.</param>
/// <param name="query">Objective and limits.</param>
/// <param name="choices">What may stand in each layer.</param>
/// <param name="realiser">Gives what puts solutions together, when one is to be measured.</param>
/// <param name="metric">What is measured.</param>
/// <param name="memory">Keeps measurements; null: each is made anew.</param>
/// <param name="say">Told of every measured solution.</param>
/// <param name="cancellation">Stops the search.</param>
public sealed class InteractionSearch(PuzzleProblem problem, SearchQuery query, IReadOnlyList<LayerChoices> choices, Func<Realiser> realiser, ScoreMetric metric, IRoundMemory? memory = null, Action<RoundRecord>? say = null, CancellationToken cancellation = default)
{
    private readonly List<RoundRecord> _records = [];
    private readonly string _metric = LimitQuantity.Bare(query.Objective.Name);
    private readonly List<(int Layer, SubblockKind Kind)> _removed = [];
    private PuzzleSolution? _best;
    private double _bestValue = double.PositiveInfinity;
    private double _bound;

    /// <summary>All measured solutions in order.</summary>
    public IReadOnlyList<RoundRecord> Records => _records;

    /// <summary>What the trajectory removed, in order.</summary>
    public IReadOnlyList<(int Layer, SubblockKind Kind)> Removed => _removed;

    /// <summary>The best by what was measured.</summary>
    public PuzzleSolution Best => _best ?? throw new InvalidOperationException("nothing was measured yet");

    /// <summary>Measures a solution of the usual search.</summary>
    public void Start(PuzzleSolution solution)
    {
        _bound = solution.Bound;
        Take(solution, 0, "search", solution.Objective + Neutral());
    }

    /// <summary>Scores around the best, solves near it, measures; a neighbourhood that brought nothing is halved.</summary>
    public void Rounds(int count)
    {
        var reach = Math.Max(1, (problem.LayerCount + 1) / 2);
        (PuzzleProblem Problem, double Value)? around = null;
        for (var round = 1; round <= count; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            around ??= (AroundBest(), _bestValue);
            var next = ExactSolver.Solve(around.Value.Problem, query with { SolutionCount = 1, Near = new Neighbourhood(Best.Choice, reach) }, cancellation);
            if (Changed(next) == 0)
                return;
            if (Take(AsScoredAtFirst(next), round, "around the best", around.Value.Value + next.Objective))
                around = null;
            else if (reach == 1)
                return;
            else
                reach = Math.Max(1, Math.Min(reach, Changed(next)) / 2);
        }
    }

    /// <summary>
    /// Removes the subblock whose loss harms least, scores the rest again on what is left, and so on; at every length of that
    /// path the search chooses everything else. Ends where the removals alone are worse than the best.
    /// </summary>
    public void Trajectory()
    {
        var removed = _removed;
        removed.Clear();
        for (var candidates = Removable(); candidates.Count > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            var (least, value) = LeastHarmful(candidates);
            if (value >= _bestValue)
                return;
            candidates.Remove(least);
            removed.Add(least);
            try
            {
                var solution = ExactSolver.Solve(problem, Forced(removed), cancellation);
                if (Changed(solution) > 0)
                    Take(solution, removed.Count, $"trajectory of {removed.Count}", solution.Objective + Neutral());
            }
            catch (InfeasibleException)
            {
                // Too few removals for the limits, or for the other rules: the path goes on.
            }
        }
    }

    private bool Take(PuzzleSolution solution, int round, string way, double predicted)
    {
        var changed = _best is null ? 0 : Changed(solution);
        var measured = Measure(LayersOf(solution));
        var value = Realiser.Value(measured, metric);
        var better = value < _bestValue;
        if (better)
            (_best, _bestValue) = (solution, value);
        _records.Add(new RoundRecord(round, way, predicted, value, Realiser.Error(measured, metric), changed, better));
        say?.Invoke(_records[^1]);
        return better;
    }

    private Comparison Measure(LayerSpec[] layers) => Once("child", new ContentKey().Add("layers", layers), () =>
    {
        using var child = realiser().Realise(layers);
        return realiser().Measure(child);
    });

    private T Once<T>(string what, ContentKey key, Func<T> measure)
        where T : notnull => memory is null ? measure() : memory.Once(what, key, measure);

    // What every subblock would change in the best child, as the scores of a problem with the same items.
    private PuzzleProblem AroundBest()
    {
        var layers = LayersOf(Best);
        var around = Once("around", new ContentKey().Add("layers", layers).Add("choices", choices), () => Around(layers));
        var now = Realiser.Value(around.Child, metric);
        var change = around.Scores.ToDictionary(score => (score.Layer, score.Spec), score => Realiser.Value(score.ToComparison(), metric) - now);
        double Change(int layer, SubblockSpec spec) => change.GetValueOrDefault((layer, spec));
        return problem with
        {
            Items = [.. problem.Items.Select(item => item.Layers is [var spec]
                ? item with { Scores = new Dictionary<string, double>(item.Scores) { [_metric] = Change(item.FirstLayer, spec.Attention) + Change(item.FirstLayer, spec.FeedForward) } }
                : item)],
        };
    }

    // The same choice by the first scores, so that all solutions are told in the same terms: by those it is not the best.
    private PuzzleSolution AsScoredAtFirst(PuzzleSolution solution)
    {
        var ids = solution.Choice.ToDictionary(item => item.FirstLayer, item => item.Id);
        var told = ExactSolver.Solve(problem, query with { SolutionCount = 1, Pinned = ids, Homogeneous = false }, cancellation);
        return told with { Status = SolveStatus.Feasible, Bound = _bound, Gap = Math.Abs(told.Objective - _bound) / Math.Max(Math.Abs(told.Objective), double.Epsilon) };
    }

    private Surroundings Around(LayerSpec[] layers)
    {
        using var child = realiser().Realise(layers);
        using var scorer = realiser().Around(child.Model);
        var scores = new List<SubblockScore>();
        for (var layer = 0; layer < choices.Count; layer++)
        {
            cancellation.ThrowIfCancellationRequested();
            SubblockSpec[] specs = [.. choices[layer].Attention.Where(spec => spec != layers[layer].Attention), .. choices[layer].FeedForward.Where(spec => spec != layers[layer].FeedForward)];
            if (specs.Length == 0)
                continue;
            var subblocks = Array.ConvertAll(specs, spec => realiser().Subblock(layer, spec));
            scores.AddRange(scorer.ScoreAll(layer, Array.ConvertAll(subblocks, entry => entry.Subblock)));
            foreach (var (subblock, owned) in subblocks)
                if (owned)
                    subblock.Dispose();
        }

        return new Surroundings(scorer.Unchanged, scores);
    }

    private ((int Layer, SubblockKind Kind) Least, double Value) LeastHarmful(List<(int Layer, SubblockKind Kind)> candidates)
    {
        var layers = Parent();
        foreach (var (layer, kind) in _removed)
            layers[layer] = kind == SubblockKind.Attention ? layers[layer] with { Attention = new NoOpAttentionSpec() } : layers[layer] with { FeedForward = new NoOpFeedForwardSpec() };
        var scores = Once("removals", new ContentKey().Add("layers", layers).Add("candidates", candidates.Select(candidate => $"{candidate.Layer} {candidate.Kind}").ToArray()), () =>
        {
            using var child = realiser().Realise(layers);
            using var scorer = realiser().Around(child.Model);
            return candidates.GroupBy(candidate => candidate.Layer)
                .SelectMany(layer => scorer.ScoreAll(layer.Key, [.. layer.Select(candidate => new NoOpSubblock(candidate.Kind))])).ToList();
        });
        return scores.Select(score => ((score.Layer, score.Spec.Subblock), Realiser.Value(score.ToComparison(), metric))).MinBy(entry => entry.Item2);
    }

    private List<(int Layer, SubblockKind Kind)> Removable()
    {
        var removable = new List<(int, SubblockKind)>();
        for (var layer = 0; layer < choices.Count; layer++)
        {
            if (query.Pinned.ContainsKey(layer))
                continue;
            if (choices[layer].Attention.Skip(1).Any(spec => spec is NoOpAttentionSpec))
                removable.Add((layer, SubblockKind.Attention));
            if (choices[layer].FeedForward.Skip(1).Any(spec => spec is NoOpFeedForwardSpec))
                removable.Add((layer, SubblockKind.FeedForward));
        }

        return removable;
    }

    // The removed subblocks and no others are no-ops.
    private SearchQuery Forced(List<(int Layer, SubblockKind Kind)> removed)
    {
        var pinned = new Dictionary<int, string>(query.Pinned);
        var forbidden = new List<ForbiddenVariant>(query.Forbidden);
        for (var layer = 0; layer < choices.Count; layer++)
        {
            if (query.Pinned.ContainsKey(layer))
                continue;
            var (attention, feedForward) = (removed.Contains((layer, SubblockKind.Attention)), removed.Contains((layer, SubblockKind.FeedForward)));
            if (attention || feedForward)
                pinned[layer] = $"{(attention ? "attn_no_op" : "*")} + {(feedForward ? "ffn_no_op" : "*")}";
            if (!attention && choices[layer].Attention[0] is not NoOpAttentionSpec)
                forbidden.Add(new ForbiddenVariant("attn_no_op + *", layer, layer));
            if (!feedForward && choices[layer].FeedForward[0] is not NoOpFeedForwardSpec)
                forbidden.Add(new ForbiddenVariant("* + ffn_no_op", layer, layer));
        }

        return query with { SolutionCount = 1, Pinned = pinned, Forbidden = forbidden };
    }

    private LayerSpec[] Parent() => [.. choices.Select(layer => new LayerSpec(layer.Attention[0], layer.FeedForward[0]))];

    private static LayerSpec[] LayersOf(PuzzleSolution solution) => [.. solution.Choice.SelectMany(item => item.Layers!)];

    private int Changed(PuzzleSolution solution) => LayersOf(solution).Zip(LayersOf(Best)).Count(pair => pair.First != pair.Second);

    // Scores are damage; what a child is worth is the parent's worth and the damage.
    private double Neutral() => metric is ScoreMetric.LmLoss or ScoreMetric.Task ? Realiser.Value(Measure(Parent()), metric) : 0;
}
