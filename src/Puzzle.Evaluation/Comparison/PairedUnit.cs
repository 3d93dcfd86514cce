using Puzzle.Core.Errors;
using Puzzle.Evaluation.Metrics;
using Puzzle.Evaluation.Randomness;
using Puzzle.Evaluation.Results;
using Puzzle.Evaluation.TaskFiles;

namespace Puzzle.Evaluation.Comparison;

/// <summary>What counts once in a mean recovery: a task, or a group that averages its tasks. Holds both models' values document by document.</summary>
internal sealed class PairedUnit
{
    private readonly string _name;
    private readonly MetricResult _metric;
    private readonly (double[] Parent, double[] Child, double Chance, double Weight)[] _tasks;

    private PairedUnit(string name, MetricResult metric, (double[], double[], double, double)[] tasks) => (_name, _metric, _tasks) = (name, metric, tasks);

    /// <summary>The units of a run, in the order of asking.</summary>
    /// <param name="preferred">The metric to count by where a task has it.</param>
    public static IEnumerable<PairedUnit> Of(EvaluationResult parent, EvaluationResult child, string? preferred) =>
        parent.Selection.Parts.SelectMany(part => Of(part, parent, child, preferred));

    /// <summary>Recovery and recovery above chance on one draw of documents, each task's drawn from its own; NaN where undefined.</summary>
    public (double Ratio, double AboveChance) Resampled(PythonRandom random)
    {
        var (parentMean, childMean, chance, weights) = (0.0, 0.0, 0.0, 0.0);
        foreach (var task in _tasks)
        {
            var (parent, child) = (0.0, 0.0);
            for (var i = 0; i < task.Parent.Length; i++)
            {
                var drawn = random.NextBelow(task.Parent.Length);
                parent += task.Parent[drawn];
                child += task.Child[drawn];
            }

            parentMean += task.Weight * parent / task.Parent.Length;
            childMean += task.Weight * child / task.Parent.Length;
            chance += task.Weight * task.Chance;
            weights += task.Weight;
        }

        return Ratios(parentMean / weights, childMean / weights, chance / weights);
    }

    public TaskRecovery Recovery(Interval? interval, Interval? aboveChance)
    {
        var (parent, child, chance) = (Mean(task => task.Parent.Average()), Mean(task => task.Child.Average()), Mean(task => task.Chance));
        var (ratio, above) = Ratios(parent, child, chance);
        return new TaskRecovery(
            _name, _metric.Metric, _metric.Filter, _tasks.Sum(task => task.Parent.Length), parent, child, chance,
            double.IsNaN(ratio) ? null : ratio,
            double.IsNaN(ratio) ? null : interval,
            double.IsNaN(above) ? null : above,
            double.IsNaN(above) ? null : aboveChance)
        {
            ParentError = Error(task => task.Parent),
            ChildError = Error(task => task.Child),
        };
    }

    // As the harness pools the errors of tasks to that of a group.
    private double? Error(Func<(double[] Parent, double[] Child, double Chance, double Weight), double[]> values)
    {
        var parts = _tasks.Select(values).Select(of => (Error: StandardError.Of(Aggregation.Mean, [.. of.Select(value => new DocumentScore(value))]), of.Length)).ToArray();
        if (parts.Any(part => part.Error is null))
            return null;
        return parts is [var only] ? only.Error : StandardError.Pooled([.. parts.Select(part => (part.Error!.Value, part.Length))]);
    }

    private static (double Ratio, double AboveChance) Ratios(double parent, double child, double chance) =>
        (parent > 0 ? child / parent : double.NaN, parent > chance ? (child - chance) / (parent - chance) : double.NaN);

    private static IEnumerable<PairedUnit> Of(TaskGroup.Part part, EvaluationResult parent, EvaluationResult child, string? preferred)
    {
        if (part.Task is not null)
            return Task(parent[part.Name], child, preferred) is { } values ? [new PairedUnit(part.Name, parent[part.Name].Preferred(preferred), [values])] : [];
        var group = part.Group!;
        if (group.Aggregates is not [var aggregate, ..])
            return group.Parts.SelectMany(inner => Of(inner, parent, child, preferred));

        // The whole group by its own average; its parts are not counted again.
        var tasks = group.Tasks
            .Select(task => Task(parent[task.Name], child, preferred, aggregate))
            .OfType<(double[] Parent, double[] Child, double Chance, double Weight)>()
            .Select(task => task with { Weight = aggregate.WeightBySize ? task.Parent.Length : 1 })
            .ToArray();
        var metric = parent.Groups.First(result => result.Name == group.Name).Metrics.FirstOrDefault(metric => metric.Metric == aggregate.Metric);
        return tasks.Length == 0 || metric is null ? [] : [new PairedUnit(group.Name, metric, tasks)];
    }

    private static (double[] Parent, double[] Child, double Chance, double Weight)? Task(TaskResult parent, EvaluationResult children, string? preferred, GroupAggregate? aggregate = null)
    {
        var child = children.Tasks.FirstOrDefault(task => task.Name == parent.Name) ??
            throw new BadInputException($"the child was not evaluated on {parent.Name}");
        if (child.Prepared.Hash != parent.Prepared.Hash)
            throw new BadInputException($"{parent.Name}: parent and child were not asked the same ({parent.Samples.Count} and {child.Samples.Count} documents); evaluate both with the same settings");
        var metric = aggregate is null
            ? parent.Preferred(preferred)
            : parent.Metrics.FirstOrDefault(metric => metric.Metric == aggregate.Metric && aggregate.Filters.Contains(metric.Filter));
        if (metric is not { HigherIsBetter: true } || parent.Prepared.Task.Metrics.First(known => known.Name == metric.Metric).Aggregation != Aggregation.Mean)
            return null;
        return (Values(parent, metric), Values(child, metric), parent.Chance, 1);
    }

    private static double[] Values(TaskResult task, MetricResult metric) =>
        [.. task.Samples.Select(sample => sample.Scores.First(score => score.Filter == metric.Filter).Scores[metric.Metric].Value)];

    private double Mean(Func<(double[] Parent, double[] Child, double Chance, double Weight), double> value) =>
        _tasks.Sum(task => task.Weight * value(task)) / _tasks.Sum(task => task.Weight);
}
