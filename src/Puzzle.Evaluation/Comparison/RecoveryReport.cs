using Puzzle.Core.Errors;
using Puzzle.Evaluation.Metrics;
using Puzzle.Evaluation.Randomness;
using Puzzle.Evaluation.Results;

namespace Puzzle.Evaluation.Comparison;

/// <summary>
/// How much of the parent's accuracy a child keeps: per task, and as the mean over tasks that the paper calls the
/// accuracy kept. Intervals come from a paired bootstrap: parent and child answer the same resampled documents.
/// </summary>
public sealed record RecoveryReport
{
    public required IReadOnlyList<TaskRecovery> Tasks { get; init; }

    /// <summary>Mean over tasks of child / parent; null where no task has one.</summary>
    public required double? Recovery { get; init; }

    public required Interval? RecoveryInterval { get; init; }

    /// <summary>The same after the score of blind guessing is taken off both.</summary>
    public required double? RecoveryAboveChance { get; init; }

    public required Interval? RecoveryAboveChanceInterval { get; init; }

    /// <summary>Mean over tasks of the parent's scores.</summary>
    public required double ParentAverage { get; init; }

    public required double ChildAverage { get; init; }

    /// <param name="parent">And <paramref name="child"/>: the same tasks on the same documents.</param>
    /// <remarks>Each task counts by acc_norm where defined, else acc, else its first metric; metrics of which less is better are left out.</remarks>
    /// <exception cref="BadInputException">The two did not answer the same requests.</exception>
    public static RecoveryReport Compare(EvaluationResult parent, EvaluationResult child, RecoveryOptions? options = null)
    {
        options ??= new RecoveryOptions();
        var pairs = parent.Tasks.Select(task => Pair(task, child)).OfType<PairedScores>().ToArray();
        var ratios = new double[options.Resamples][];
        var random = new PythonRandom(options.Seed);
        for (var i = 0; i < options.Resamples; i++)
        {
            // Two numbers a task: recovery and recovery above chance.
            ratios[i] = new double[2 * pairs.Length];
            foreach (var (at, pair) in pairs.Index())
                (ratios[i][2 * at], ratios[i][(2 * at) + 1]) = pair.Resampled(random);
        }

        var tasks = pairs.Select((pair, at) => pair.Recovery(
            Interval.Of(ratios.Select(row => row[2 * at]), options.Confidence),
            Interval.Of(ratios.Select(row => row[(2 * at) + 1]), options.Confidence))).ToArray();
        return new RecoveryReport
        {
            Tasks = tasks,
            Recovery = Mean(tasks.Select(task => task.Recovery)),
            RecoveryInterval = Interval.Of(ratios.Select(row => Kept(row, tasks, task => task.Recovery, 0)), options.Confidence),
            RecoveryAboveChance = Mean(tasks.Select(task => task.RecoveryAboveChance)),
            RecoveryAboveChanceInterval = Interval.Of(ratios.Select(row => Kept(row, tasks, task => task.RecoveryAboveChance, 1)), options.Confidence),
            ParentAverage = tasks.Length == 0 ? double.NaN : tasks.Average(task => task.Parent),
            ChildAverage = tasks.Length == 0 ? double.NaN : tasks.Average(task => task.Child),
        };
    }

    private static PairedScores? Pair(TaskResult parent, EvaluationResult children)
    {
        var child = children.Tasks.FirstOrDefault(task => task.Name == parent.Name) ??
            throw new BadInputException($"the child was not evaluated on {parent.Name}");
        if (child.Prepared.Hash != parent.Prepared.Hash)
            throw new BadInputException($"{parent.Name}: parent and child were not asked the same ({parent.Samples.Count} and {child.Samples.Count} documents); evaluate both with the same settings");
        var metric = parent.Primary;
        if (!metric.HigherIsBetter || parent.Prepared.Task.Metrics.First(task => task.Name == metric.Metric).Aggregation != Aggregation.Mean)
            return null;
        return new PairedScores(parent.Name, metric, Values(parent, metric), Values(child, metric), parent.Chance);
    }

    private static double[] Values(TaskResult task, MetricResult metric) =>
    [
        .. task.Samples.Select(sample => sample.Scores.First(score => score.Filter == metric.Filter).Scores[metric.Metric].Value),
    ];

    private static double? Mean(IEnumerable<double?> values)
    {
        var known = values.OfType<double>().ToArray();
        return known.Length == 0 ? null : known.Average();
    }

    // Of the tasks whose ratio exists, so that the interval belongs to the same mean.
    private static double Kept(double[] row, TaskRecovery[] tasks, Func<TaskRecovery, double?> recovery, int offset) =>
        Mean(tasks.Select((task, at) => recovery(task) is null ? null : (double?)row[(2 * at) + offset])) ?? double.NaN;

    private sealed record PairedScores(string Task, MetricResult Metric, double[] Parent, double[] Child, double Chance)
    {
        public (double Ratio, double AboveChance) Resampled(PythonRandom random)
        {
            var (parent, child) = (0.0, 0.0);
            for (var i = 0; i < Parent.Length; i++)
            {
                var drawn = random.NextBelow(Parent.Length);
                parent += Parent[drawn];
                child += Child[drawn];
            }

            var guessed = Chance * Parent.Length;
            return (parent > 0 ? child / parent : double.NaN, parent > guessed ? (child - guessed) / (parent - guessed) : double.NaN);
        }

        public TaskRecovery Recovery(Interval? interval, Interval? aboveChance)
        {
            var (parent, child) = (Parent.Average(), Child.Average());
            return new TaskRecovery(
                Task, Metric.Metric, Metric.Filter, Parent.Length, parent, child, Chance,
                parent > 0 ? child / parent : null,
                parent > 0 ? interval : null,
                parent > Chance ? (child - Chance) / (parent - Chance) : null,
                parent > Chance ? aboveChance : null);
        }
    }
}
