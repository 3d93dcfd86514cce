using System.Text.Json;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Models;
using Puzzle.Core.Text;
using Puzzle.Evaluation.Models;
using Puzzle.Evaluation.Requests;
using Puzzle.Evaluation.Tasks;

namespace Puzzle.Evaluation.Tests.TaskFiles;

public class GoldenDefinitionTests
{
    // With the model, so many documents of each task; all of them in benchmark eval-parity.
    private const int Scored = 2;
    private const int MaxLength = 2048;

    public static TheoryData<string, int> Tasks
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var (task, shots) in GoldenDefinitions.All)
                data.Add(task, shots);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void ShippedTasksMakeTheHarnessRequests(string task, int shots)
    {
        var samples = GoldenDefinitions.Samples(task, shots);
        var prepared = GoldenDefinitions.Prepare(task, shots);
        Assert.Equal(samples.Count, prepared.Documents.Count);
        foreach (var (sample, document) in samples.Zip(prepared.Documents))
        {
            if (document.Requests is [RollingRequest rolling])
            {
                Assert.Equal(sample.GetProperty("target").GetString(), rolling.Text);
                continue;
            }

            var expected = sample.GetProperty("requests").EnumerateArray().Select(pair => (pair[0].GetString(), pair[1].GetString()));
            Assert.Equal(expected, document.Requests.Cast<ContinuationRequest>().Select(request => ((string?)request.Context, (string?)request.Continuation)));
        }
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void TheHarnessAnswersGiveItsMetrics(string task, int shots)
    {
        var prepared = GoldenDefinitions.Prepare(task, shots);
        foreach (var (sample, document) in GoldenDefinitions.Samples(task, shots).Zip(prepared.Documents))
        {
            var scores = Assert.Single(prepared.Task.Score(document, Answers(sample))).Scores;
            Assert.Equal(prepared.Task.Metrics.Select(metric => metric.Name), scores.Keys);
            foreach (var (name, score) in scores)
            {
                // Rolling metrics are pairs of a sum and a weight; the sum is the answer itself.
                if (sample.GetProperty(name) is { ValueKind: JsonValueKind.Number } value)
                    Assert.Equal(value.GetDouble(), score.Value, 1e-9);
                else
                    Assert.Equal(sample.GetProperty(name)[1].GetDouble(), score.Weight, 1e-9);
            }
        }
    }

    [Fact]
    public void SmolLm2ScoresLikeTheHarness()
    {
        var path = Shared.Path("models", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf");
        Core.Runtime.Libtorch.Load();
        using var checkpoint = CheckpointFile.Open(path);
        using var model = ModelLoader.Load(checkpoint);
        var tokenizer = Tokenizers.Load(path);
        var runner = new RequestRunner(new TransformerScorer(model, MaxLength), tokenizer, new RequestEncoder(tokenizer, MaxLength), 4);
        foreach (var (task, shots) in GoldenDefinitions.All.Where(definition => definition is { Task: not "wikitext", Shots: 0 }))
        {
            var documents = GoldenDefinitions.Prepare(task, shots).Documents.Take(Scored).ToArray();
            var responses = runner.Run(documents, cancellation: TestContext.Current.CancellationToken);
            foreach (var (sample, answers) in GoldenDefinitions.Samples(task, shots).Zip(responses))
            {
                foreach (var (expected, answer) in Answers(sample).Zip(answers))
                {
                    Assert.Equal(expected.LogLikelihood, answer.LogLikelihood, 1e-3 * Math.Abs(expected.LogLikelihood));
                    Assert.Equal(expected.IsGreedy, answer.IsGreedy);
                }
            }
        }
    }

    private static Response[] Answers(JsonElement sample) =>
    [
        .. sample.GetProperty("resps").EnumerateArray().Select(answer => answer is { ValueKind: JsonValueKind.Array } && answer.GetArrayLength() == 2
            ? new Response(answer[0].GetDouble(), answer[1].GetBoolean())
            : new Response((answer.ValueKind == JsonValueKind.Array ? answer[0] : answer).GetDouble(), IsGreedy: false)),
    ];
}
