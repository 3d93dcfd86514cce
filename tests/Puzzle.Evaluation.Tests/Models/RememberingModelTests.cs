using Puzzle.Core.Evaluation;
using Puzzle.Evaluation.Models;

namespace Puzzle.Evaluation.Tests.Models;

public sealed class RememberingModelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("puzzle-answers-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AnswersAreTheModelsAndAreAskedForOnce()
    {
        var groups = Enumerable.Range(0, 40).Select(i => new ScoringGroup([.. Enumerable.Range(1, 1 + (i % 7))], [[i, 2], [3, i, 5]])).ToArray();
        var model = new Sums();
        using (var remembering = new RememberingModel(model, Answers))
            Assert.Equal(new Sums().LogLikelihoods(groups, 2), remembering.LogLikelihoods(groups, 2));
        Assert.Equal(80, model.Asked);

        // Another process, some of it and one more.
        var again = new RememberingModel(model, Answers);
        using (again)
            Assert.Equal(new Sums().LogLikelihoods([.. groups[5..9], new([9], [[9]])], 3), again.LogLikelihoods([.. groups[5..9], new([9], [[9]])], 3));
        Assert.Equal(81, model.Asked);
    }

    [Fact]
    public void WhereAContextEndsIsPartOfTheQuestion()
    {
        using var remembering = new RememberingModel(new Sums(), Answers);
        var answers = remembering.LogLikelihoods([new([1, 2], [[3]]), new([1], [[2, 3]])], 1);
        Assert.Equal(-3, answers[0][0].Sum);
        Assert.Equal(-5, answers[1][0].Sum);
    }

    [Fact]
    public void AnInterruptedWriteCostsOneAnswer()
    {
        ScoringGroup[] groups = [new([1], [[2]]), new([1], [[3]]), new([1], [[4]])];
        var model = new Sums();
        using (var remembering = new RememberingModel(model, Answers))
            remembering.LogLikelihoods(groups, 1);
        using (var file = new FileStream(Answers, FileMode.Open))
            file.SetLength(file.Length - 3);
        using (var remembering = new RememberingModel(model, Answers))
            Assert.Equal([-2.0, -3, -4], remembering.LogLikelihoods(groups, 1).Select(answer => answer[0].Sum));
        Assert.Equal(4, model.Asked);
    }

    private string Answers => Path.Combine(_folder, "parent.answers");

    // A continuation is as likely as its ids are small.
    private sealed class Sums : ILanguageModel
    {
        public int Asked { get; private set; }

        public int MaxLength => 64;

        public IReadOnlyList<LogLikelihood[]> LogLikelihoods(IReadOnlyList<ScoringGroup> groups, int batchSize, IProgress<int>? progress = null, CancellationToken cancellation = default)
        {
            Asked += groups.Sum(group => group.Continuations.Count);
            return [.. groups.Select(group => group.Continuations.Select(continuation => new LogLikelihood(-continuation.Sum(), continuation[0] % 2 == 0)).ToArray())];
        }

        public IReadOnlyList<int[]> Generate(IReadOnlyList<GenerationRequest> requests, int batchSize, IProgress<int>? progress = null, CancellationToken cancellation = default) => [];
    }
}
