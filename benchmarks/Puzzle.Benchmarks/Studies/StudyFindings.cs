using System.Globalization;
using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;

namespace Puzzle.Benchmarks.Studies;

/// <summary>What a study found: rows of models, rows of timings, verdicts.</summary>
/// <param name="plan">The study.</param>
internal sealed class StudyFindings(StudyPlan plan)
{
    private const double Mib = 1024.0 * 1024;
    private readonly List<(StudyRow Row, JudgedModel Model, double? Speedup)> _models = [];
    private readonly List<IReadOnlyList<string>> _speeds = [];
    private readonly Dictionary<string, double> _metrics = [];

    /// <summary>What was left out, and why.</summary>
    public SortedSet<string> Remarks { get; } = new(StringComparer.Ordinal);

    /// <summary>A judged model; its measured speed-up on engine torch where it was timed in its run.</summary>
    public void Add(StudyRow row, JudgedModel model, double? speedup) => _models.Add((row, model, speedup));

    /// <summary>A timed pair.</summary>
    public void Add(string target, ServedType weights, SpeedComparison speed, MemoryModel memory, ModelConfig parent, ModelConfig child)
    {
        _metrics[$"{target}_{speed.Engine}_{weights}_speedup".ToLowerInvariant()] = speed.Speedup;
        _speeds.Add([target, speed.Engine, weights.ToString().ToUpperInvariant(), Number(speed.Parent.TokensPerSecond, "N0"), Number(speed.Child.TokensPerSecond, "N0"), Number(speed.Speedup, "0.00") + "x",
            Number(memory.AllWeightBytes(parent) / Mib, "0.0"), Number(memory.AllWeightBytes(child) / Mib, "0.0")]);
    }

    /// <summary>The tables, metrics and verdicts.</summary>
    public BenchmarkResult Result(Scenario scenario)
    {
        foreach (var (row, model, speedup) in _models)
        {
            if (model.Recovery is { } recovery)
                _metrics[$"{row.Key}_recovery"] = recovery;
            if (speedup is { } times)
                _metrics[$"{row.Key}_speedup"] = times;
            foreach (var (text, found) in model.Texts)
                _metrics[$"{row.Key}_kl_{text}"] = found.Kl;
        }

        var tasks = _models[0].Model.Tasks;
        var verdicts = plan.Targets.SelectMany(Verdicts).ToArray();
        return new BenchmarkResult
        {
            Metrics = _metrics,
            Tables =
            [
                new BenchmarkTable("Quality", ["model", "speed-up", "block parameters", "recovery", "95 % interval", .. tasks.Select(task => $"{task.Task} {task.Metric}"), .. plan.Texts.Keys.SelectMany(text => new[] { $"KL {text}", $"loss {text}" })],
                    [.. _models.Select(found => Row(found.Row, found.Model, found.Speedup))]),
                .. _speeds.Count == 0 ? Array.Empty<BenchmarkTable>() : [new BenchmarkTable(
                    $"Generated tokens/s, {scenario.PromptTokens} in, {scenario.OutputTokens} out, batch up to {scenario.BatchCap}, parent and child in turns",
                    ["target", "engine", "weights", "parent", "child", "child / parent", "parent's weights MiB", "child's weights MiB"], _speeds)],
            ],
            Notes =
            [
                .. verdicts,
                $"settings over {plan.Recipe}: {(plan.Settings.Count == 0 ? "none" : string.Join(", ", plan.Settings))}; {(plan.Limit is { } limit ? $"the first {limit} documents of each task" : "all documents")}; {plan.TextTokens} tokens of each text in windows of {plan.Window}",
                "speed-ups in the first table are measured on engine torch; uniform width is the best single choice for all layers, uniform depth whole layers left out, both within the same limits and healed with the same tokens in the same order",
                .. Remarks,
            ],
        };
    }

    private static IReadOnlyList<string> Row(StudyRow row, JudgedModel model, double? speedup) =>
    [
        row.Name, speedup is { } times ? Number(times, "0.00") + "x" : row is { Target: "", Weights: null } ? "1.00x" : "", Number(model.BlockParams, "N0"),
        Percent(model.Recovery), model is { RecoveryLow: { } low, RecoveryHigh: { } high } ? $"{Percent(low)} to {Percent(high)}" : "",
        .. model.Tasks.Select(task => Percent(row is { Target: "", Weights: null } ? task.Parent : task.Child)),
        .. model.Texts.Values.SelectMany(text => new[] { Number(text.Kl, "0.0000"), Number(text.ChildLoss, "0.0000") }),
    ];

    // The child against each other way to prune: KL on every text, recovery, and how fast each is.
    private IEnumerable<string> Verdicts(StudyTarget target)
    {
        var own = _models.Where(found => found.Row.Target == target.Name && found.Row.Weights is null).ToArray();
        if (own.FirstOrDefault(found => found.Row.Kind == "child") is not { Model: { } child } best)
            yield break;
        foreach (var (row, other, speedup) in own.Where(found => found.Row.Kind != "child"))
        {
            var wins = child.Texts.Count(text => text.Value.Kl < other.Texts[text.Key].Kl);
            _metrics[$"{target.Name}_child_beats_{row.Kind}_texts"] = wins;
            var texts = string.Join(", ", child.Texts.Select(text => $"{text.Key} {Number(text.Value.Kl, "0.0000")} against {Number(other.Texts[text.Key].Kl, "0.0000")}"));
            var recovery = child.Recovery is { } mine && other.Recovery is { } others ? $"; recovery {Percent(mine)} against {Percent(others)}: {(mine > others ? "better" : "not better")}" : "";
            yield return $"{target.Name}, child against {row.Name[(target.Name.Length + 1)..]} at {Number(best.Speedup ?? double.NaN, "0.00")}x and {Number(speedup ?? double.NaN, "0.00")}x: KL lower on {wins} of {child.Texts.Count} texts ({texts}){recovery}";
        }
    }

    private static string Percent(double? value) => value is { } v && double.IsFinite(v) ? (100 * v).ToString("0.0", CultureInfo.InvariantCulture) + " %" : "";

    private static string Number(double value, string format) => double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "";
}
