using Puzzle.Benchmarks.Studies;
using Puzzle.Core.Evaluation;
using Puzzle.Core.Runs;

namespace Puzzle.Benchmarks.Comparisons;

/// <summary>
/// The runs that the paper's comparisons are made of: the quickstart's parent and recipe with small budgets, three seeds. The
/// comparisons share them; a run that is done is not done again.
/// </summary>
internal sealed class ComparisonRuns
{
    /// <summary>Every comparison is made for each of them: order of the text, random choices.</summary>
    public static IReadOnlyList<int> Seeds { get; } = [1, 2, 3];

    private const string HealTokens = "512K";
    private static readonly string[] s_budget =
    [
        "init.tokens=8K", "distill.tokens=64K", "score.tokens=4K", "heal.evaluate_every=32", "heal.evaluate_tokens=4K",
        "evaluate.limit=200", "evaluate.tokens=8K", "evaluate.repeats=1", "target.scenarios.0.limits.speedup=1.8x",
        "solve.baselines=[greedy, random, max_params, no_op_only]",
    ];

    private readonly BenchmarkContext _context;
    private readonly StudyRuns _runs;

    public ComparisonRuns(BenchmarkContext context)
    {
        _context = context;
        _runs = new StudyRuns(context, "comparisons", Path.Combine(context.Root, "recipes", "quickstart.yaml"));
    }

    /// <summary>What all of them have in common, for the notes of a record.</summary>
    public static string Setting => $"recipes/quickstart.yaml with {string.Join(", ", s_budget[..^1])}; healing on {HealTokens} tokens where it says healed; seeds {string.Join(", ", Seeds)}";

    /// <summary>The run that all are held against: scored by KL, healed, with the baselines healed alike.</summary>
    public ChildEvaluation Healed(int seed) => Of(seed, "healed", [$"heal.tokens={HealTokens}", "heal.baselines=[greedy, random, max_params, no_op_only]"]);

    /// <summary>The same children, not healed.</summary>
    public ChildEvaluation Unhealed(int seed)
    {
        Healed(seed);
        return Of(seed, "unhealed", ["heal.tokens=0", "heal.baselines=[greedy, random, max_params, no_op_only]"], "init", "distill", "score", "measure", "solve", "stitch");
    }

    /// <summary>Scored by the next-token loss.</summary>
    public ChildEvaluation ByLoss(int seed)
    {
        Healed(seed);
        return Of(seed, "by-loss", [$"heal.tokens={HealTokens}", "heal.baselines=[]", "score.metric=lm_loss"], "init", "distill", "measure");
    }

    /// <summary>Scored by the answers to validation questions, of which none is asked in the end.</summary>
    public ChildEvaluation ByTask(int seed)
    {
        Healed(seed);
        return Of(seed, "by-task", [$"heal.tokens={HealTokens}", "heal.baselines=[]", "score.metric=task", $"score.task={Questions()}"], "init", "distill", "measure");
    }

    /// <summary>Started and distilled on a narrow text, scored and evaluated as ever, not healed.</summary>
    public ChildEvaluation NarrowText(int seed)
    {
        Healed(seed);
        return Of(seed, "narrow-text", ["heal.tokens=0", "heal.baselines=[]", $"data.sources=[{{path: {NarrowFile()}, separator: \"\"}}]"], "measure");
    }

    // The costs are measured once: the seeds and scores are to differ in nothing else.
    private ChildEvaluation Of(int seed, string name, string[] settings, params string[] shared)
    {
        var run = $"seed-{seed}/{name}";
        if (name == "healed" && seed != Seeds[0])
            _runs.Run(run, [.. s_budget, .. settings, $"seed={seed}"], until: null, like: $"seed-{Seeds[0]}/healed", "measure");
        else
            _runs.Run(run, [.. s_budget, .. settings, $"seed={seed}"], until: null, like: shared.Length == 0 ? null : $"seed-{seed}/healed", shared);
        return _runs.Evaluation(run);
    }

    private string Model(string file) => Path.Combine(_context.Root, "models", "quickstart-parent", file);

    // Some of each task's validation questions.
    private string Questions()
    {
        const int each = 24;
        var path = Path.Combine(_runs.Folder, "validation-questions.jsonl");
        var files = Directory.GetFiles(Model(""), "validation-*.jsonl").Order(StringComparer.Ordinal);
        AtomicFile.WriteText(path, string.Concat(files.SelectMany(file => File.ReadLines(file).Take(each)).Select(line => line + "\n")));
        return path;
    }

    // The stories in which nothing happens and nothing is asked: one document in ten, a single line.
    private string NarrowFile()
    {
        var path = Path.Combine(_runs.Folder, "narrow.txt");
        var documents = File.ReadAllText(Model("train.txt")).Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        AtomicFile.WriteText(path, string.Join("\n\n", documents.Where(document => !document.Contains('\n', StringComparison.Ordinal))) + "\n");
        return path;
    }
}
