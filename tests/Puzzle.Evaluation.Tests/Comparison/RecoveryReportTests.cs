using Puzzle.Core.Errors;
using Puzzle.Evaluation.Comparison;
using Puzzle.Evaluation.Metrics;
using Puzzle.Evaluation.Results;
using Puzzle.Evaluation.TaskFiles;
using Puzzle.Evaluation.Tasks;

namespace Puzzle.Evaluation.Tests.Comparison;

public class RecoveryReportTests
{
    [Fact]
    public void RecoveryIsTheMeanOverTasksOfChildOverParent()
    {
        var parent = Result(Task("a", 8, 10, 0.25), Task("b", 5, 10, 0.5));
        var child = Result(Task("a", 6, 10, 0.25), Task("b", 5, 10, 0.5));
        var report = RecoveryReport.Compare(parent, child, new RecoveryOptions { Resamples = 500 });
        Assert.Equal(0.75, report.Tasks[0].Recovery!.Value, 12);
        Assert.Equal(1, report.Tasks[1].Recovery!.Value, 12);
        Assert.Equal(0.875, report.Recovery!.Value, 12);
        Assert.Equal((0.6 - 0.25) / (0.8 - 0.25), report.Tasks[0].RecoveryAboveChance!.Value, 12);
        Assert.Null(report.Tasks[1].RecoveryAboveChance);
        Assert.Equal(0.65, report.ParentAverage, 12);
        Assert.Equal(0.55, report.ChildAverage, 12);
    }

    [Fact]
    public void TheIntervalIsThatOfAPairedBootstrap()
    {
        // Child and parent differ on 10 of 100 documents, all against the child: k of 100 draws hit one of the 10, and
        // the parent's score is 1, so the ratio is 1 - Binomial(100, 0.1) / 100.
        var report = RecoveryReport.Compare(
            Result(Task("a", 100, 100, 0.25)), Result(Task("a", 90, 100, 0.25)), new RecoveryOptions { Resamples = 20_000 });
        Assert.Equal(0.9, report.Recovery!.Value, 12);
        Assert.Equal(0.84, report.RecoveryInterval!.Lower, 0.011);
        Assert.Equal(0.95, report.RecoveryInterval.Upper, 0.011);
        Assert.Equal(report.RecoveryInterval, report.Tasks[0].RecoveryInterval);
    }

    [Fact]
    public void TheSameSeedGivesTheSameInterval()
    {
        var (parent, child) = (Result(Task("a", 30, 60, 0)), Result(Task("a", 25, 60, 0)));
        Assert.Equal(RecoveryReport.Compare(parent, child).RecoveryInterval, RecoveryReport.Compare(parent, child).RecoveryInterval);
    }

    [Fact]
    public void AGroupThatAveragesCountsOnce()
    {
        var (a, b, c) = (Task("a", 8, 10, 0), Task("b", 2, 4, 0), Task("c", 1, 2, 0));
        var (childA, childB, childC) = (Task("a", 4, 10, 0), Task("b", 2, 4, 0), Task("c", 1, 2, 0));
        var group = new TaskGroup("g", "g", "1", [.. new[] { a, b }.Select(task => new TaskGroup.Part(null, task.Prepared.Task))], [new GroupAggregate("acc", WeightBySize: true, ["none"])]);
        TaskGroup.Part[] parts = [new(group, null), new(null, c.Prepared.Task)];
        var report = RecoveryReport.Compare(Result(parts, a, b, c), Result(parts, childA, childB, childC), new RecoveryOptions { Resamples = 100 });
        Assert.Equal(["g", "c"], report.Tasks.Select(task => task.Task));
        Assert.Equal(10.0 / 14, report.Tasks[0].Parent, 12);
        Assert.Equal(((6.0 / 10) + 1) / 2, report.Recovery!.Value, 12);
    }

    [Fact]
    public void DifferentRequestsAreNotCompared()
    {
        var error = Assert.Throws<BadInputException>(() => RecoveryReport.Compare(Result(Task("a", 8, 10, 0)), Result(Task("a", 8, 9, 0))));
        Assert.Contains("10 and 9 documents", error.Message, StringComparison.Ordinal);
    }

    private static EvaluationResult Result(params TaskResult[] tasks) =>
        Result([.. tasks.Select(task => new TaskGroup.Part(null, task.Prepared.Task))], tasks);

    private static EvaluationResult Result(TaskGroup.Part[] parts, params TaskResult[] tasks) => new()
    {
        Selection = new TaskSelection(parts),
        Tasks = tasks,
        Groups = [.. parts.Select(part => part.Group).OfType<TaskGroup>().SelectMany(group => GroupAveraging.Of(group, tasks.ToDictionary(task => task.Name)))],
    };

    // The first documents are right.
    private static TaskResult Task(string name, int right, int count, double chance)
    {
        var task = new MultipleChoiceSet(name + ".jsonl");
        var documents = Enumerable.Range(0, count)
            .Select(i => new TaskDocument { Index = i, Content = new Dictionary<string, object?>(StringComparer.Ordinal), Target = 0L, Requests = [], Chance = chance })
            .ToArray();
        return new TaskResult
        {
            Prepared = new PreparedTask(task, 0, count, documents, count.ToString()),
            Metrics = [new MetricResult("acc", "none", (double)right / count, 0.01, HigherIsBetter: true)],
            Samples = [.. documents.Select((document, i) => new SampleResult(document, [], [new FilteredScore("none", new Dictionary<string, DocumentScore>(StringComparer.Ordinal) { ["acc"] = new(i < right ? 1 : 0) })]))],
        };
    }
}
