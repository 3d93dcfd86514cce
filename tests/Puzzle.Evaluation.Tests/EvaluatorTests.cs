using Puzzle.Evaluation.Comparison;
using Puzzle.Evaluation.Results;
using Puzzle.Evaluation.Tasks;

namespace Puzzle.Evaluation.Tests;

public sealed class EvaluatorTests : IDisposable
{
    private const string Set = """
        {"context": "th", "choices": ["e ", "q "], "gold": 0}
        {"context": "th", "choices": ["zzzzzz", "e"], "gold": 0}
        {"context": "an", "choices": ["d", "x"], "gold": 1}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("puzzle-eval").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AccuracyIsThePartOfDocumentsWhoseRightChoiceIsMostLikely()
    {
        var result = Run("the and then the and", Task());
        var task = Assert.Single(result.Tasks);
        Assert.Equal([1.0, 0.0, 0.0], task.Samples.Select(sample => sample.Scores[0].Scores["acc"].Value));
        Assert.Equal(1.0 / 3, task.Metrics.Single(metric => metric.Metric == "acc").Value, 12);
        Assert.Equal(Math.Sqrt(1.0 / 3) / Math.Sqrt(3), task.Metrics.Single(metric => metric.Metric == "acc").StdErr!.Value, 12);
    }

    [Fact]
    public void NormalisedAccuracyDividesByTheLengthOfTheChoice()
    {
        // Two characters of different frequency against one: the longer choice wins per character.
        File.WriteAllText(Path.Combine(_folder, "set.jsonl"), """{"context": "a", "choices": ["bb", "c"], "gold": 0}""");
        var result = Run($"a{new string('b', 60)}acac", new MultipleChoiceSet(Path.Combine(_folder, "set.jsonl")));
        var (sample, scores) = (result.Tasks[0].Samples[0], result.Tasks[0].Samples[0].Scores[0].Scores);
        Assert.True(sample.Responses[0].LogLikelihood < sample.Responses[1].LogLikelihood);
        Assert.True(sample.Responses[0].LogLikelihood / 2 > sample.Responses[1].LogLikelihood);
        Assert.Equal(0, scores["acc"].Value);
        Assert.Equal(1, scores["acc_norm"].Value);
    }

    [Fact]
    public void AModelRecoversItselfWhole()
    {
        var result = Run("the and then the and", Task());
        var report = RecoveryReport.Compare(result, result, new RecoveryOptions { Resamples = 200 });
        Assert.Equal(1.0, report.Recovery);
        Assert.Equal((1.0, 1.0), (report.RecoveryInterval!.Lower, report.RecoveryInterval.Upper));
        Assert.Equal("acc_norm", report.Tasks[0].Metric);
    }

    private static EvaluationResult Run(string text, EvalTask task) =>
        Evaluator.Evaluate(new BigramModel(text), new ByteTokenizer(), [task], cancellation: TestContext.Current.CancellationToken);

    private MultipleChoiceSet Task()
    {
        var path = Path.Combine(_folder, "set.jsonl");
        File.WriteAllText(path, Set);
        return new MultipleChoiceSet(path);
    }
}
