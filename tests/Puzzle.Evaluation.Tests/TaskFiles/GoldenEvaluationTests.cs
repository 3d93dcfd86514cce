using System.Text.Json;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Models;
using Puzzle.Core.Text;
using Puzzle.Evaluation.Models;
using Puzzle.Evaluation.Results;
using Puzzle.Evaluation.TaskFiles;
using Puzzle.Evaluation.Tasks;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.Tests.TaskFiles;

public class GoldenEvaluationTests
{
    private const int Documents = 50;
    private const double Close = 1e-3;

    [Fact]
    public void SmolLm2IsRightWhereTheHarnessSaysSo()
    {
        var path = Shared.Path("models", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf");
        Core.Runtime.Libtorch.Load();
        using var checkpoint = CheckpointFile.Open(path);
        using var model = ModelLoader.Load(checkpoint);
        var names = new[] { "arc_easy", "piqa", "hellaswag", "blimp_npi_present_1" };
        var selection = new TaskLibrary().Select(names.Select(name => Shared.Path("golden", "lm-eval", "tasks", $"{name}_jsonl.yaml")));
        var options = new EvaluationOptions { BatchSize = 8, Prompts = new PromptOptions { Limit = Documents } };
        var result = Evaluator.Evaluate(new TransformerScorer(model, 2048), Tokenizers.Load(path), selection, options, cancellation: TestContext.Current.CancellationToken);
        Assert.All(result.Tasks, Compare);
    }

    private static void Compare(TaskResult task)
    {
        var differing = 0;
        foreach (var (sample, line) in task.Samples.Zip(JsonLines.Read(Shared.Path("golden", "lm-eval", "evals", $"samples_{task.Name}.jsonl"))))
        {
            var expected = line.Value.RootElement;
            var sums = expected.GetProperty("resps").EnumerateArray().Select(answer => answer[0].GetDouble()).ToArray();
            Assert.Equal(sums.Length, sample.Responses.Count);
            Assert.All(sums.Zip(sample.Responses), pair => Assert.Equal(pair.First, pair.Second.LogLikelihood, 1e-3 * Math.Abs(pair.First)));
            foreach (var (metric, score) in sample.Scores[0].Scores.Where(score => expected.GetProperty(score.Key).GetDouble() != score.Value.Value))
            {
                differing++;
                var lengths = sample.Document.Choices.Select(choice => metric == "acc_norm" ? choice.Length : 1.0);
                var best = sums.Zip(lengths, (sum, length) => sum / length).OrderDescending().ToArray();
                Assert.True(best[0] - best[1] <= Close * Math.Abs(best[0]), $"{task.Name}, document {sample.Document.Index}: {metric} is {score.Value}");
            }
        }

        Assert.InRange(differing, 0, 1);
    }
}
