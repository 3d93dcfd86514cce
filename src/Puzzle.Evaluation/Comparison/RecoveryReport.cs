using Puzzle.Core.Errors;
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

    /// <summary>The paper's aggregate: the child's mean score over the parent's; null where the parent scores 0.</summary>
    public double? AverageRecovery => ParentAverage > 0 ? ChildAverage / ParentAverage : null;

    /// <param name="parent">And <paramref name="child"/>: the same tasks on the same documents.</param>
    /// <remarks>
    /// Each task counts by acc_norm where defined, else acc, else its first metric, unless the options name another; metrics
    /// of which less is better are left out. A group that averages its tasks (MMLU, BLiMP) counts once.
    /// </remarks>
    /// <exception cref="BadInputException">The two did not answer the same requests.</exception>
    public static RecoveryReport Compare(EvaluationResult parent, EvaluationResult child, RecoveryOptions? options = null)
    {
        options ??= new RecoveryOptions();
        var units = PairedUnit.Of(parent, child, options.Metric).ToArray();
        var ratios = new double[options.Resamples][];
        var random = new PythonRandom(options.Seed);
        for (var i = 0; i < options.Resamples; i++)
        {
            // Two numbers a task: recovery and recovery above chance.
            ratios[i] = new double[2 * units.Length];
            foreach (var (at, unit) in units.Index())
                (ratios[i][2 * at], ratios[i][(2 * at) + 1]) = unit.Resampled(random);
        }

        var tasks = units.Select((unit, at) => unit.Recovery(
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

    private static double? Mean(IEnumerable<double?> values)
    {
        var known = values.OfType<double>().ToArray();
        return known.Length == 0 ? null : known.Average();
    }

    // Of the tasks whose ratio exists, so that the interval belongs to the same mean.
    private static double Kept(double[] row, TaskRecovery[] tasks, Func<TaskRecovery, double?> recovery, int offset) =>
        Mean(tasks.Select((task, at) => recovery(task) is null ? null : (double?)row[(2 * at) + offset])) ?? double.NaN;
}
