using Puzzle.Core.Evaluation;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using Puzzle.Evaluation.Models;
using static TorchSharp.torch;

namespace Puzzle.Evaluation.Tests.Models;

public class TransformerScorerTests
{
    private static readonly LayerSpec[] s_layers =
    [
        new(new GroupedQuerySpec(8), new SwiGluSpec(48)),
        new(new NoOpAttentionSpec(), new LinearFeedForwardSpec()),
        new(new GroupedQuerySpec(2, Window: 5, Sinks: 2), new NoOpFeedForwardSpec()),
        new(new GroupedQuerySpec(1), new SwiGluSpec(64)),
    ];

    [Fact]
    public void SharedContextsGiveWhatEachTextAloneGives()
    {
        using var model = TinyModel.Create(TinyModel.Config(s_layers));
        var groups = Groups();
        var results = new TransformerScorer(model).LogLikelihoods(groups, 3, cancellation: TestContext.Current.CancellationToken);
        foreach (var (group, scores) in groups.Zip(results))
        {
            foreach (var (continuation, score) in group.Continuations.Zip(scores))
            {
                var (sum, greedy) = Alone(model, group.Context, continuation);
                Assert.Equal(sum, score.Sum, 1e-4);
                Assert.Equal(greedy, score.IsGreedy);
            }
        }
    }

    [Fact]
    public void ResultsAreTheSameWhateverTheBatch()
    {
        using var model = TinyModel.Create(TinyModel.Config(s_layers));
        var groups = Groups();
        var one = Scored(new TransformerScorer(model), groups, 1);
        foreach (var other in new[] { Scored(new TransformerScorer(model), groups, 4), Scored(new TransformerScorer(model), groups, 100), Scored(new TransformerScorer(model) { SharesContexts = false }, groups, 7) })
        {
            Assert.Equal(one.Length, other.Length);
            for (var i = 0; i < one.Length; i++)
            {
                Assert.Equal(one[i].Sum, other[i].Sum, 1e-4);
                Assert.Equal(one[i].IsGreedy, other[i].IsGreedy);
            }
        }
    }

    [Fact]
    public void GreedyTextIsWhatStepByStepArgmaxGivesWhateverTheBatch()
    {
        using var model = TinyModel.Create(TinyModel.Config(s_layers));
        GenerationRequest[] requests =
        [
            new([3, 5, 7], 6, []),
            new([1, 2, 3, 4, 5, 6, 7, 8, 9], 4, []),
            new([42], 5, []),
        ];
        var texts = new TransformerScorer(model).Generate(requests, 2, cancellation: TestContext.Current.CancellationToken);
        foreach (var (request, text) in requests.Zip(texts))
        {
            var ids = request.Prompt.ToList();
            for (var i = 0; i < request.MaxNewTokens; i++)
                ids.Add(Next(model, ids));
            Assert.Equal(ids.Skip(request.Prompt.Length), text);
        }
    }

    [Fact]
    public void TextStopsAtAnEndIdOrWhereTheCallerSays()
    {
        using var model = TinyModel.Create(TinyModel.Config(s_layers));
        var whole = new TransformerScorer(model).Generate([new([3, 5, 7], 6, [])], 1, cancellation: TestContext.Current.CancellationToken)[0];
        var end = whole[3];
        var texts = new TransformerScorer(model).Generate(
            [new([3, 5, 7], 6, [end]), new([3, 5, 7], 6, [], ids => ids.Count == 2)], 2, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(whole.TakeWhile(id => id != end), texts[0]);
        Assert.Equal(whole[..2], texts[1]);
    }

    private static LogLikelihood[] Scored(TransformerScorer scorer, ScoringGroup[] groups, int batch) =>
        [.. scorer.LogLikelihoods(groups, batch, cancellation: TestContext.Current.CancellationToken).SelectMany(scores => scores)];

    // Continuations with a common start, equal ones, single ids, one that begins another, and a group of one.
    private static ScoringGroup[] Groups() =>
    [
        new([1, 2, 3, 4, 5, 6, 7, 8], [[10, 11, 12], [10, 11, 13, 14], [10, 20]]),
        new([9], [[1], [2], [3]]),
        new([5, 5, 5], [[30, 31, 32, 33], [30, 31]]),
        new([8, 6, 4], [[70, 71], [70, 71]]),
        new([50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61], [[11, 12, 13, 14, 15, 16]]),
        new([2, 4], [[6, 8, 10], [7, 8, 10], [1, 2, 3, 4, 5, 6, 7, 8, 9], [6, 8]]),
    ];

    private static (double Sum, bool Greedy) Alone(Transformer model, int[] context, int[] continuation)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        long[] ids = [.. context, .. continuation];
        var logits = nn.functional.log_softmax(model.Forward(tensor(ids).unsqueeze(0))[0], -1);
        var (sum, greedy) = (0.0, true);
        for (var t = context.Length; t < ids.Length; t++)
        {
            sum += logits[t - 1, ids[t]].item<float>();
            greedy &= logits[t - 1].argmax().item<long>() == ids[t];
        }

        return (sum, greedy);
    }

    private static int Next(Transformer model, List<int> ids)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return (int)model.Forward(tensor(ids.Select(id => (long)id).ToArray()).unsqueeze(0))[0, -1].argmax().item<long>();
    }
}
