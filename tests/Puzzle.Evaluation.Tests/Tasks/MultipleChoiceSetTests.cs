using Puzzle.Core.Errors;
using Puzzle.Evaluation.Requests;
using Puzzle.Evaluation.Tasks;

namespace Puzzle.Evaluation.Tests.Tasks;

public sealed class MultipleChoiceSetTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("puzzle-eval").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ABareSetAsksForEachChoiceAfterTheContext()
    {
        var set = new MultipleChoiceSet(Write("""
            {"context": "The sky is", "choices": [" blue", " green"], "gold": 0}

            {"context": "Grass is", "choices": [" blue", " green"], "gold": 1}
            """));
        var prepared = set.Prepare(new PromptOptions());
        Assert.Equal("set", set.Name);
        Assert.Equal(2, prepared.Documents.Count);
        Assert.Equal([new ContinuationRequest("Grass is", " blue"), new ContinuationRequest("Grass is", " green")], prepared.Documents[1].Requests);
        Assert.Equal(["blue", "green"], prepared.Documents[1].Choices);
        Assert.Equal(0.5, prepared.Documents[0].Chance);
    }

    [Fact]
    public void AMinimalPairIsTwoChoicesAfterNothing()
    {
        var set = new MultipleChoiceSet(Write("""{"sentence_good": "Cats sleep.", "sentence_bad": "Cats sleeps."}"""));
        Assert.Equal(
            [new ContinuationRequest("", " Cats sleep."), new ContinuationRequest("", " Cats sleeps.")],
            set.Prepare(new PromptOptions()).Documents[0].Requests);
    }

    [Fact]
    public void ALimitKeepsTheFirstAndKnowsTheWhole()
    {
        var set = new MultipleChoiceSet(Shared.Path("evals", "hellaswag.jsonl"));
        var prepared = set.Prepare(new PromptOptions { Limit = 7 });
        Assert.Equal(7, prepared.Documents.Count);
        Assert.Equal(1000, prepared.OriginalCount);
    }

    [Theory]
    [InlineData("""{"context": "a", "choices": ["b"]}""", "line 1: \"gold\" is missing")]
    [InlineData("""{"context": "a", "choices": ["b"], "gold": 1}""", "\"gold\" is 1; expected the index of the right choice, 0 to 0")]
    [InlineData("""{"context": "a", "choices": "b", "gold": 0}""", "\"choices\" is \"b\"; expected a list")]
    [InlineData("""{"context": 3, "choices": ["b"], "gold": 0}""", "\"context\" is 3; expected a text")]
    [InlineData("""{"context": """, "line 1: no valid JSON")]
    [InlineData("", "no documents")]
    public void MistakesAreNamedWithTheirLine(string line, string expected)
    {
        var set = new MultipleChoiceSet(Write(line));
        var error = Assert.Throws<BadInputException>(() => set.Prepare(new PromptOptions()));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("set.jsonl", error.Message, StringComparison.Ordinal);
    }

    private string Write(string text)
    {
        var path = Path.Combine(_folder, "set.jsonl");
        File.WriteAllText(path, text);
        return path;
    }
}
