using System.Diagnostics;
using System.Globalization;
using Puzzle.Core.Errors;
using Puzzle.Core.Library;
using Puzzle.Core.Measurement;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Scoring;
using Puzzle.Core.Search;
using Puzzle.Core.Search.Baselines;
using Puzzle.Core.Search.Rounds;
using Puzzle.Core.Telemetry;
using Puzzle.Core.Variants;
using Puzzle.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Benchmarks;

/// <summary>What the search's choice is really worth beside other ways to choose from the same library: true KL of the stitched child.</summary>
internal sealed class ChoicesBenchmark : IBenchmark
{
    private static readonly double[] s_shares = [0.85, 0.7, 0.55];

    // Recipe, what is set to keep it to minutes, tokens to judge on, rounds and the limits that get them.
    private static readonly Study[] s_studies =
    [
        new("quickstart", [], 16_384, 4, s_shares),
        new("smollm2-135m", [], 8192, 2, [0.85]),
    ];

    public string Name => "choices";

    public string Purpose => "true KL of the child by the search and by six other ways to choose, at three limits, two parents; rounds";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        var metrics = new Dictionary<string, double>();
        var tables = new List<BenchmarkTable>();
        var notes = new List<string>();
        foreach (var study in s_studies)
        {
            var (name, given) = (study.Name, study.Settings);
            var path = Path.Combine(context.Root, "recipes", name + ".yaml");
            if (!File.Exists(path))
            {
                notes.Add($"{name}: no such recipe here");
                continue;
            }

            string[] settings = [.. given, $"output={Path.Combine(context.Root, "artifacts", "benchmarks", "choices", name)}"];
            Until(context, path, settings, "score");
            tables.Add(Compare(context, study, RecipeReader.Read<Recipe>(path, settings), metrics));
            notes.Add($"{name}: recipes/{name}.yaml{string.Concat(settings[..^1].Select(setting => " --set " + setting))}; limit: share of the parent's block parameters; judged on {study.HeldOutTokens} tokens; at most {study.Rounds} rounds");
        }

        notes.Add("true KL(parent || child), nats, of children put together from the library without further training, on the recipe's test text; rounds choose by the scoring text and are judged on the test text like all others");
        return new BenchmarkResult { Metrics = metrics, Tables = tables, Notes = notes };
    }

    private static BenchmarkTable Compare(BenchmarkContext context, Study study, Recipe recipe, Dictionary<string, double> metrics)
    {
        var name = study.Name;
        using var folder = RunFolder.View(recipe.Output!);
        using var run = new RunContext(recipe, folder, new RunProgress());
        var parent = run.Parent.Config;
        var variants = VariantFiles.Of(run, "distill");
        var scores = AtomicFile.ReadJson<ScoreTable>(Path.Combine(folder.Of("score"), ScoreStage.TableFile));
        var library = new LibraryProblem(parent, run.Choices, scores, new CostTable { Engine = "none", Hardware = "none", Dtype = "f32", Workloads = [] }, new MemoryModel(), []);
        using var scorer = ScoreStage.Scorer(run, TaskScorer.Of);
        var (ids_WT, afterLast) = ScoreStage.Windows(run);
        Subblock Read(int layer, SubblockSpec spec) => variants.Read(layer, spec, run.Device);
        using var scoring = new Realiser(run.ParentModel, Read, ids_WT, afterLast);
        using var heldOut = new Realiser(run.ParentModel, Read, HeldOut(run, (int)ids_WT.shape[1], study.HeldOutTokens), -1);
        var memory = new ChoiceMemory(folder);
        double True(IReadOnlyList<PuzzleItem> choice)
        {
            LayerSpec[] layers = [.. choice.SelectMany(item => item.Layers!)];
            return memory.Once("held-out", new ContentKey().Add("layers", layers).Add("tokens", study.HeldOutTokens).Add("text", run.Texts.Key), () =>
            {
                using var child = heldOut.Realise(layers);
                return heldOut.Measure(child);
            }).Kl;
        }

        var rows = new List<IReadOnlyList<string>>();
        var (won, lower) = (0, 0);
        foreach (var share in s_shares)
        {
            context.Say($"{name}: {share:P0} of the block parameters");
            var query = new SearchQuery { Limits = [Limit.Max("block_params", share, LimitBasis.Parent)] };
            var best = Rescored(library, query, (layer, spec) => memory.Once("block", new ContentKey().Add("layer", layer).Add("spec", spec), () => scorer.Score(variants, layer, spec, run.Device)));
            var problem = library.Build();
            var search = True(best.Choice);
            var others = BaselineSearch.Run(problem, query, Enum.GetValues<Baseline>(), (ulong)recipe.Seed).Select(result => (result.Baseline, Kl: result.Objective is null ? double.NaN : True(result.Choice))).ToArray();
            var rounds = new InteractionSearch(problem, query, run.Choices, () => scoring, ScoreMetric.Kl, memory, record => context.Say($"  round {record.Round}: predicted {record.Predicted:0.####}, true {record.True:0.####}, {record.Changed} changed"));
            double? afterRounds = null;
            if (study.RoundShares.Contains(share))
            {
                rounds.Start(best);
                rounds.Rounds(study.Rounds);
                afterRounds = ReferenceEquals(rounds.Best, best) ? search : True(rounds.Best.Choice);
                metrics[$"{name}_{share * 100:0}_rounds"] = afterRounds.Value;
            }

            won += others.All(other => !(other.Kl < search)) ? 1 : 0;
            lower += afterRounds < search ? 1 : 0;
            var key = $"{name}_{share * 100:0}";
            metrics[$"{key}_search"] = search;
            foreach (var (baseline, kl) in others)
                metrics[$"{key}_{BaselineSearch.NameOf(baseline).Replace(' ', '_').Replace('-', '_')}"] = kl;
            rows.Add([$"{share:P0}", Text(best.Objective), Text(search), afterRounds is { } after ? $"{Text(after)} ({rounds.Records.Count - 1} tried)" : "not tried", .. others.Select(other => double.IsNaN(other.Kl) ? "none" : Text(other.Kl))]);
        }

        metrics[$"{name}_limits_won"] = won;
        metrics[$"{name}_rounds_lower"] = lower;
        ids_WT.Dispose();
        return new BenchmarkTable($"{name}: true KL of the child", ["limit", "predicted", "search", "after rounds", .. Enum.GetValues<Baseline>().Select(BaselineSearch.NameOf)], rows);
    }

    // As the stage does: what a solution uses is scored exactly, until nothing new comes up.
    private static PuzzleSolution Rescored(LibraryProblem library, SearchQuery query, Func<int, LayerSpec, BlockScore> score)
    {
        for (var round = 0; ; round++)
        {
            var solution = ExactSolver.Solve(library.Build(), query);
            var open = solution.Choice.Where(item => !library.IsExact(item.FirstLayer, item.Layers![0])).ToArray();
            if (open.Length == 0 || round == 12)
                return solution;
            foreach (var item in open)
                library.Add(score(item.FirstLayer, item.Layers![0]));
        }
    }

    private static Tensor HeldOut(RunContext run, int length, int tokens)
    {
        var text = run.Texts.Test.Length >= length ? run.Texts.Test : run.Texts.Validation;
        var windows = Math.Min(text.Length, tokens) / length;
        return tensor(text.Take(windows * length).Select(id => (long)id).ToArray()).view(windows, length);
    }

    private static void Until(BenchmarkContext context, string recipe, string[] settings, string stage)
    {
        context.Say($"puzzle {stage} {Path.GetFileName(recipe)}");
        var start = new ProcessStartInfo(Path.Combine(context.Root, "puzzle"), [stage, recipe, .. settings.SelectMany(setting => (string[])["--set", setting])]) { UseShellExecute = false, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new BadInputException($"puzzle {stage} {recipe} ended with exit code {process.ExitCode}");
    }

    private static string Text(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);

    private sealed record Study(string Name, string[] Settings, int HeldOutTokens, int Rounds, double[] RoundShares);
}
