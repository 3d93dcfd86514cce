using System.Text.Json;
using Puzzle.Core.Library;
using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Scoring;
using Puzzle.Core.Search;
using Puzzle.Core.Search.Rounds;
using Puzzle.Core.Variants;
using Puzzle.Core.Variants.NoOp;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests.Search;

/// <summary>Rounds and trajectories on a tiny model, whose every child is put together and measured by hand.</summary>
public sealed class InteractionSearchTests : IDisposable
{
    private const int Layers = 4;
    private readonly Transformer _parent = TinyModel.Create(TinyModel.Config([.. Enumerable.Repeat(new LayerSpec(new GroupedQuerySpec(4), new SwiGluSpec(64)), Layers)]));
    private readonly Tensor _ids = TinyModel.Ids(6, 12);
    private readonly LayerChoices[] _choices = [.. Enumerable.Repeat(new LayerChoices([new GroupedQuerySpec(4), new NoOpAttentionSpec()], [new SwiGluSpec(64), new SwiGluSpec(32), new NoOpFeedForwardSpec()]), Layers)];
    private readonly Dictionary<int, Subblock> _narrow = [];

    public InteractionSearchTests()
    {
        // Something else than the parent's, but made from it.
        foreach (var layer in Enumerable.Range(0, Layers))
        {
            var config = TinyModel.Config([.. Enumerable.Repeat(new LayerSpec(new GroupedQuerySpec(4), new SwiGluSpec(32)), Layers)]);
            _narrow[layer] = TinyModel.Create(config, seed: 40 + layer).Blocks[layer].FeedForward;
        }
    }

    public void Dispose()
    {
        _parent.Dispose();
        _ids.Dispose();
    }

    private Subblock Read(int layer, SubblockSpec spec) => spec switch
    {
        SwiGluSpec => _narrow[layer].Clone(),
        _ => new NoOpSubblock(spec.Subblock),
    };

    private PuzzleProblem Problem()
    {
        using var scorer = new ReplaceOneBlock(_parent, _ids);
        var scores = Enumerable.Range(0, Layers).SelectMany(layer => _choices[layer].Others.Select(spec =>
        {
            using var subblock = Read(layer, spec);
            return scorer.Score(layer, subblock);
        })).ToArray();
        var table = new ScoreTable { Metric = ScoreMetric.Kl, Subblocks = scores, ParentLoss = scorer.Unchanged.LmLoss };
        var costs = new CostTable { Engine = "none", Hardware = "none", Dtype = "f32", Workloads = [] };
        return new LibraryProblem(_parent.Config, _choices, table, costs, new MemoryModel(), []).Build();
    }

    // Another computation than the search's: a model with weights of its own.
    private double TrueKl(IEnumerable<PuzzleItem> choice)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var child = Core.Stitching.Stitcher.Stitch(_parent, [.. choice.Select(item => item.Layers![0])], Read);
        var (p, q) = (nn.functional.log_softmax(_parent.Forward(_ids), -1), nn.functional.log_softmax(child.Forward(_ids), -1));
        return (p.exp() * (p - q)).sum(-1).mean().item<float>();
    }

    [Fact]
    public void The_best_of_all_rounds_is_kept_and_is_what_it_measures()
    {
        var problem = Problem();
        var query = new SearchQuery { Limits = [Limit.Max("block_params", 0.6, LimitBasis.Parent)] };
        var first = ExactSolver.Solve(problem, query);
        using var realiser = new Realiser(_parent, Read, _ids, -1);
        var search = new InteractionSearch(problem, query, _choices, () => realiser, ScoreMetric.Kl);
        search.Start(first);
        search.Rounds(6);

        Assert.Equal(TrueKl(first.Choice), search.Records[0].True, 1e-4);
        Assert.Equal(search.Records.Min(record => record.True), TrueKl(search.Best.Choice), 1e-4);
        Assert.True(search.Records.Count > 1);
        Assert.True(search.Best.Costs["num_params"] <= first.Limits[0].AtMost + problem.NonBlockCosts["num_params"]);
        // Around a solution the scores of its neighbours are exact: one changed subblock is predicted as it measures.
        Assert.All(search.Records.Skip(1).Where(record => record.Changed == 1), record => Assert.Equal(record.True, record.Predicted, 0.5 * record.True));
    }

    [Fact]
    public void A_trajectory_removes_the_least_harmful_subblock_each_time()
    {
        var problem = Problem();
        var query = new SearchQuery { Limits = [Limit.Max("block_params", 0.5, LimitBasis.Parent)] };
        using var realiser = new Realiser(_parent, Read, _ids, -1);
        var search = new InteractionSearch(problem, query, _choices, () => realiser, ScoreMetric.Kl);
        search.Start(ExactSolver.Solve(problem, query));
        search.Trajectory();

        // By hand: the first removals of the greedy path.
        var layers = _parent.Config.Layers.ToArray();
        var open = Enumerable.Range(0, Layers).SelectMany(layer => new[] { (layer, true), (layer, false) }).ToList();
        var path = new List<(int Layer, SubblockKind Kind)>();
        for (var step = 0; step < search.Removed.Count; step++)
        {
            var least = open.MinBy(candidate => TrueKl(Without(layers, candidate).Select(spec => new PuzzleItem { FirstLayer = 0, Id = "", Layers = [spec], Scores = new Dictionary<string, double>(), Costs = new Dictionary<string, double>() })));
            layers = Without(layers, least);
            open.Remove(least);
            path.Add((least.Item1, least.Item2 ? SubblockKind.Attention : SubblockKind.FeedForward));
        }

        var trajectories = search.Records.Where(record => record.Way.StartsWith("trajectory")).ToList();
        Assert.NotEmpty(trajectories);
        Assert.All(trajectories, record => Assert.True(record.Round >= 1));
        Assert.Equal(search.Records.Min(record => record.True), TrueKl(search.Best.Choice), 1e-4);
        Assert.Equal(path, search.Removed);
        Assert.True(path.Count >= 2, $"{path.Count} removals");
    }

    [Fact]
    public void A_search_that_was_stopped_goes_on_from_what_it_has_measured()
    {
        var problem = Problem();
        var query = new SearchQuery { Limits = [Limit.Max("block_params", 0.6, LimitBasis.Parent)] };
        var first = ExactSolver.Solve(problem, query);
        using var realiser = new Realiser(_parent, Read, _ids, -1);
        InteractionSearch Search(IRoundMemory? memory, Func<Realiser> realise)
        {
            var search = new InteractionSearch(problem, query, _choices, realise, ScoreMetric.LmLoss, memory);
            search.Start(first);
            search.Trajectory();
            search.Rounds(4);
            return search;
        }

        var whole = Search(null, () => realiser);
        var memory = new Notebook();
        // Killed again and again, each time after one more measurement.
        for (var left = 1; ; left++)
        {
            memory.Left = 1;
            try
            {
                Search(memory, () => realiser);
                break;
            }
            catch (OperationCanceledException)
            {
                Assert.Equal(left, memory.Count);
            }
        }

        var again = Search(memory, () => throw new InvalidOperationException("everything has been measured"));
        Assert.True(memory.Count > 4);
        Assert.Equal(whole.Records, again.Records);
        Assert.Equal(whole.Removed, again.Removed);
    }

    // Remembers as files would, and stops after so many new measurements.
    private sealed class Notebook : IRoundMemory
    {
        private readonly Dictionary<string, string> _known = [];

        public int Left { get; set; }

        public int Count => _known.Count;

        public T Once<T>(string what, ContentKey key, Func<T> measure)
            where T : notnull
        {
            var name = what + key;
            if (!_known.TryGetValue(name, out var text))
            {
                if (Left-- == 0)
                    throw new OperationCanceledException();
                _known[name] = text = JsonSerializer.Serialize(measure(), AtomicFile.Json);
            }

            return JsonSerializer.Deserialize<T>(text, AtomicFile.Json)!;
        }
    }

    [Fact]
    public void A_neighbourhood_is_kept()
    {
        for (var seed = 0UL; seed < 40; seed++)
        {
            var problem = SmallLibrary.Make(seed, layers: 4, variants: 4);
            var query = new SearchQuery { Limits = [Limit.Max("a", 0.7, LimitBasis.Parent)] };
            var all = BruteForce.All(problem, query);
            if (all.Count < 3)
                continue;
            var anchor = all[all.Count / 2].Choice;
            var best = all.First(entry => entry.Choice.Except(anchor, ReferenceEqualityComparer.Instance).Count() <= 1);

            Assert.Equal(best.Objective, ExactSolver.Solve(problem, query with { Near = new Neighbourhood(anchor, 1) }).Objective);
        }
    }

    private static LayerSpec[] Without(LayerSpec[] layers, (int Layer, bool Attention) removed)
    {
        var changed = (LayerSpec[])layers.Clone();
        changed[removed.Layer] = removed.Attention ? changed[removed.Layer] with { Attention = new NoOpAttentionSpec() } : changed[removed.Layer] with { FeedForward = new NoOpFeedForwardSpec() };
        return changed;
    }
}
