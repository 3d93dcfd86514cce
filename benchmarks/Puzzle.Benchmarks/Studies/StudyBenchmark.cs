using System.Globalization;
using Puzzle.Core.Errors;
using Puzzle.Core.Measurement;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Search.Baselines;

namespace Puzzle.Benchmarks.Studies;

/// <summary>
/// A study as one command: a library for the parent, a child and uniform prunings for each target, quantised models, all judged
/// on the same tasks and texts; its document goes into <c>docs/results</c>. It goes on where it was interrupted.
/// </summary>
/// <param name="plan">What is made and judged.</param>
internal sealed class StudyBenchmark(StudyPlan plan) : IBenchmark
{
    private static readonly string[] s_library = ["init", "distill", "score", "measure"];

    public string Name => $"study-{plan.Name}";

    public string Purpose => $"{plan.Title}: children for {string.Join(", ", plan.Targets.Select(target => target.Name))}, uniform and quantised models beside them; writes docs/results/{plan.Name}.md";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        var runs = new StudyRuns(context, plan.Name, Path.Combine(context.Root, plan.Recipe));
        var recipe = RecipeReader.Read<Recipe>(runs.Recipe, plan.Settings);
        var findings = new StudyFindings(plan);
        runs.Run("library", plan.Settings, until: "measure");
        using var judge = new StudyJudge(context, plan, runs.Folder, recipe.Parent);
        findings.Add(new StudyRow("", "parent", null), judge.Judge("parent", recipe.Parent), null);
        foreach (var type in plan.Quantised)
            findings.Add(new StudyRow("", "parent", type), judge.Judge($"parent {type}", Quantised(context, runs, "parent", recipe.Parent, type)), null);
        foreach (var target in plan.Targets)
        {
            try
            {
                OneTarget(context, runs, judge, findings, recipe, target);
            }
            catch (InfeasibleException)
            {
                findings.Remarks.Add($"{target.Name}: nothing in the library meets {target.Limits}");
            }
        }

        var result = findings.Result(recipe.Target.Scenarios[0]);
        Write(context, result);
        return result;
    }

    private void OneTarget(BenchmarkContext context, StudyRuns runs, StudyJudge judge, StudyFindings findings, Recipe recipe, StudyTarget target)
    {
        // Tasks are the judge's; the run itself times its child and the baselines.
        string[] settings =
        [
            .. plan.Settings, $"target.scenarios.0.limits={target.Limits}", $"heal.baselines=[{string.Join(", ", plan.Baselines.Select(Key))}]",
            "evaluate.tasks=[]", "evaluate.tokens=0", $"evaluate.repeats={plan.Repeats}",
        ];
        var folder = runs.Run(target.Name, settings, until: null, like: "library", s_library);
        var (evaluation, solution) = (runs.Evaluation(target.Name), runs.Solution(target.Name));
        var child = Path.Combine(folder, "heal", "child");
        var speed = evaluation.Speeds.FirstOrDefault(speed => speed.Engine == "torch");
        findings.Add(new StudyRow(target.Name, "child", null), judge.Judge($"{target.Name} child", child), speed?.Speedup);
        foreach (var baseline in plan.Baselines)
        {
            var (name, path) = (BaselineSearch.NameOf(baseline), Path.Combine(folder, "heal", BaselineSearch.FolderOf(baseline)));
            if (File.Exists(Path.Combine(path, "config.json")))
                findings.Add(new StudyRow(target.Name, name, null), judge.Judge($"{target.Name} {name}", path), evaluation.Baselines.FirstOrDefault(found => found.Name == name) is { Speeds: [var timed, ..] } ? timed.Speedup : null);
            else
                findings.Remarks.Add($"{target.Name}, {name}: nothing of this kind meets the limits");
        }

        foreach (var type in plan.Quantised)
            findings.Add(new StudyRow(target.Name, "child", type), judge.Judge($"{target.Name} child {type}", Quantised(context, runs, target.Name, child, type)), null);
        foreach (var (weights, found) in StudySpeeds.Measure(context, plan, runs.Folder, target.Name, judge.Parent, child, recipe.Target.Scenarios[0], recipe.Measure, findings.Remarks))
            findings.Add(target.Name, weights, found, new MemoryModel(weights, recipe.Measure.Cache), judge.Parent.Config, judge.Parent.Config with { Layers = solution.Solutions[0].Layers });
    }

    private static string Quantised(BenchmarkContext context, StudyRuns runs, string name, string model, ServedType type)
    {
        var suffix = type.ToString().ToLowerInvariant();
        var path = Path.Combine(runs.Folder, "quantised", $"{name}-{suffix}.gguf");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // An older file of another child would be judged in its place.
        if (!File.Exists(path) || File.GetLastWriteTimeUtc(path) < NewestIn(model))
            StudyRuns.Puzzle(context, "export", "gguf", model, path, "--dtype", suffix);
        return path;
    }

    private static DateTime NewestIn(string model) => Directory.Exists(model)
        ? Directory.EnumerateFiles(model).Select(File.GetLastWriteTimeUtc).DefaultIfEmpty().Max()
        : File.GetLastWriteTimeUtc(model);

    private static string Key(Baseline baseline) => BaselineSearch.NameOf(baseline).Replace(' ', '_').Replace('-', '_');

    private void Write(BenchmarkContext context, BenchmarkResult result)
    {
        string[] parts =
        [
            $"# {plan.Title}",
            string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-dd}, {Hardware.Current.Name}. Every number is printed by `benchmarks/run {Name}`, which also writes this file."),
            .. result.Tables.Select(table => table.ToMarkdown()),
            string.Join('\n', result.Notes.Select(note => $"- {note}")),
        ];
        AtomicFile.WriteText(Path.Combine(context.Root, "docs", "results", $"{plan.Name}.md"), string.Join("\n\n", parts) + "\n");
    }
}
