using Parquet.Schema;
using Parquet.Serialization;
using Puzzle.Core.Data;
using Puzzle.Core.Errors;
using Puzzle.Core.Recipes;
using Puzzle.Core.Tests.Checkpoints;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests.Data;

public sealed class TrainingTextTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LetterTokenizer _tokenizer = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void DocumentsKeepTheirBoundariesAndNoneIsLost()
    {
        var path = Write("a.txt", "one\n---\ntwo two\n---\n\n---\nthree");
        var text = TrainingText.Read(Section(new DataSource { Path = path, Separator = "---" }, 8) with { Shuffle = false, HeldOut = 0 }, _tokenizer, 1);
        Assert.Equal("<one><two two><three>"[..16], Decode(text.Train.InOrder(0, 2)));
    }

    [Fact]
    public void MarkdownAndTextOfAFolderComeInTheOrderOfNamesHiddenFilesDoNot()
    {
        Write("b.md", "# second");
        Write("a.txt", "first");
        Write(".hidden.txt", "never");
        Write("picture.png", "never");
        Assert.Equal(["<first>", "<# second>"], Documents(new DataSource { Path = _folder.Path }));
    }

    [Fact]
    public void JsonlColumnsAreFoundByNameAndLimited()
    {
        var path = Write("a.jsonl", "{\"text\": \"x\", \"other\": \"one\"}\n\n{\"text\": \"y\", \"other\": \"two\"}\n{\"text\": \"z\"}\n");
        Assert.Equal(["<x>", "<y>", "<z>"], Documents(new DataSource { Path = path }));
        Assert.Equal(["<one>", "<two>"], Documents(new DataSource { Path = path, Column = "other", Limit = 2 }));
        var missing = Assert.Throws<BadInputException>(() => Documents(new DataSource { Path = path, Column = "other" }));
        Assert.Contains("line 4: no field 'other'; it has text", missing.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"text\": \"x\"}\n{\"text\": ", "line 2: not JSON")]
    [InlineData("{\"text\": 5}", "line 1: 'text' is a number, expected a text")]
    [InlineData("[1]", "line 1: a list, expected an object a line")]
    public void DamagedJsonlIsNamedByFileAndLine(string content, string message)
    {
        var path = Write("a.jsonl", content);
        var error = Assert.Throws<BadInputException>(() => Documents(new DataSource { Path = path }));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ParquetTextsAreRead()
    {
        var path = Path.Combine(_folder.Path, "a.parquet");
        var schema = new ParquetSchema(new DataField<string>("text"), new DataField<int>("id"));
        await WriteParquet(path, schema, [new() { ["text"] = "one", ["id"] = 1 }, new() { ["text"] = null, ["id"] = 2 }, new() { ["text"] = "three", ["id"] = 3 }]);
        Assert.Equal(["<one>", "<three>"], Documents(new DataSource { Path = path }));
        var error = Assert.Throws<BadInputException>(() => Documents(new DataSource { Path = path, Column = "body" }));
        Assert.Contains("no column of texts 'body'; it has text, id", error.Message, StringComparison.Ordinal);
        Assert.Throws<BadInputException>(() => Documents(new DataSource { Path = Write("b.parquet", "PAR1 nothing more") }));
    }

    [Fact]
    public async Task ChatsOfJsonlAndParquetGoThroughTheTemplate()
    {
        var tokenizer = new LetterTokenizer(template: "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}");
        var jsonl = Write("chat.jsonl", "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}, {\"role\": \"assistant\", \"content\": \"ho\"}]}\n");
        Assert.Equal(["<user: hi\nassistant: ho\n>"], Documents(new DataSource { Path = jsonl }, tokenizer));

        var parquet = Path.Combine(_folder.Path, "chat.parquet");
        var schema = new ParquetSchema(new ListField("messages", new StructField("element", new DataField<string>("role"), new DataField<string>("content"))));
        await WriteParquet(parquet, schema, [new()
        {
            ["messages"] = new List<Dictionary<string, object?>> { new() { ["role"] = "user", ["content"] = "hi" }, new() { ["role"] = "assistant", ["content"] = "ho" } },
        }]);
        Assert.Equal(["<user: hi\nassistant: ho\n>"], Documents(new DataSource { Path = parquet }, tokenizer));
        var error = Assert.Throws<BadInputException>(() => Documents(new DataSource { Path = jsonl }));
        Assert.Contains("chat template", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void HeldOutTextIsNeverTrainedOnAndHasItsShare()
    {
        // Each document is one letter many times over, so that a token tells where it comes from.
        var path = Write("a.txt", string.Join("\n---\n", Enumerable.Range(0, 40).Select(i => new string((char)('A' + i), 100))));
        var text = TrainingText.Read(Section(new DataSource { Path = path, Separator = "---" }, 16) with { HeldOut = 0.2 }, _tokenizer, 3);
        var train = Letters(Decode(text.Train.InOrder(0, text.Train.Count)));
        var (validation, test) = (Letters(_tokenizer.Decode(text.Validation)), Letters(_tokenizer.Decode(text.Test)));
        Assert.Equal(0.2 * 40 * 102, text.Validation.Length + text.Test.Length, 1.0);
        Assert.Equal(text.Validation.Length, text.Test.Length, 1.0);
        Assert.True(train.Intersect(validation.Union(test)).Count() <= 1, "only the document at the cut may be on both sides");
        Assert.True(validation.Count > 1 && test.Count > 1);
    }

    [Fact]
    public void SourcesAreMixedByTheirWeights()
    {
        var section = new DataSection
        {
            Sources = [new DataSource { Path = Write("a.txt", new string('a', 4000)), Weight = 5 }, new DataSource { Path = Write("b.txt", new string('b', 1500)), Weight = 2 }, new DataSource { Path = Write("c.txt", new string('c', 900)) }],
            SequenceLength = 10,
            HeldOut = 0,
        };
        var text = TrainingText.Read(section, _tokenizer, 3);
        var drawn = Decode(text.Train.Shuffled(0, 80));
        Assert.Equal(0.625, drawn.Count(c => c == 'a') / (double)drawn.Length, 0.02);
        Assert.Equal(0.25, drawn.Count(c => c == 'b') / (double)drawn.Length, 0.02);
        Assert.Equal(0.125, drawn.Count(c => c == 'c') / (double)drawn.Length, 0.02);
    }

    [Fact]
    public void TheOrderDependsOnTheSeedAloneAndIsAFunctionOfThePosition()
    {
        var section = Section(new DataSource { Path = Write("a.txt", string.Concat(Enumerable.Range(0, 999).Select(i => $"{i} "))) }, 16);
        using var scope = NewDisposeScope();
        var (one, two, other) = (TrainingText.Read(section, _tokenizer, 5), TrainingText.Read(section, _tokenizer, 5), TrainingText.Read(section, _tokenizer, 6));
        var all = Decode(one.Train.Shuffled(0, 500));
        Assert.Equal(all, string.Concat(Enumerable.Range(0, 50).Select(i => Decode(two.Train.Shuffled(i * 10, 10)))));
        Assert.Equal(Decode(one.Train.Shuffled(300, 7)), Decode(two.Train.Shuffled(300, 7)));
        Assert.NotEqual(all, Decode(other.Train.Shuffled(0, 500)));
    }

    [Fact]
    public void UnpackedWindowsHoldOneDocumentEachAndSayWhatIsPadding()
    {
        var path = Write("a.txt", "one\n---\ntwo two two");
        var text = TrainingText.Read(Section(new DataSource { Path = path, Separator = "---" }, 8) with { Shuffle = false, HeldOut = 0, Pack = false }, _tokenizer, 1);
        Assert.Equal("<one>>>><two two two>>>>", Decode(text.Train.InOrder(0, 3)));
        using var counts = text.Train.Counts(0, 3);
        Assert.Equal("111110001111111111111000", string.Concat(counts!.data<float>().ToArray().Select(c => c > 0 ? '1' : '0')));
    }

    [Fact]
    public void TheKeyFollowsTheContentNotThePlace()
    {
        var other = Directory.CreateDirectory(Path.Combine(_folder.Path, "moved"));
        var section = Section(new DataSource { Path = Write("a.txt", "some text") }, 8);
        var key = TrainingText.Key(section, 1, "parent");
        File.Copy(section.Sources[0].Path, Path.Combine(other.FullName, "a.txt"));
        Assert.Equal(key, TrainingText.Key(Section(new DataSource { Path = Path.Combine(other.FullName, "a.txt") }, 8), 1, "parent"));
        Assert.NotEqual(key, TrainingText.Key(section, 2, "parent"));
        Assert.NotEqual(key, TrainingText.Key(section with { HeldOut = 0.1 }, 1, "parent"));
        Write("a.txt", "some other text");
        Assert.NotEqual(key, TrainingText.Key(section, 1, "parent"));
    }

    [Fact]
    public void WithoutTextTheErrorSaysWhatCanBeDone()
    {
        var error = Assert.Throws<RecipeException>(() => TrainingText.Read(new DataSection(), _tokenizer, 1));
        Assert.Contains("data.sources: no text; name files or folders, or write 'self: {}'", error.Message, StringComparison.Ordinal);
        Assert.Throws<RecipeException>(() => TrainingText.Read(Section(new DataSource { Path = Write("a.txt", "tiny") }, 512), _tokenizer, 1));
        Assert.Throws<BadInputException>(() => TrainingText.Read(Section(new DataSource { Path = Path.Combine(_folder.Path, "none") }, 512), _tokenizer, 1));
    }

    private static DataSection Section(DataSource source, int length) => new() { Sources = [source], SequenceLength = length };

    private static async Task WriteParquet(string path, ParquetSchema schema, List<Dictionary<string, object?>> rows)
    {
        await using var stream = File.Create(path);
        await ParquetSerializer.SerializeUntypedAsync([.. rows], schema, stream, cancellationToken: TestContext.Current.CancellationToken);
    }

    private static HashSet<char> Letters(string text) => [.. text.Where(c => c is not ('<' or '>'))];

    private string[] Documents(DataSource source, LetterTokenizer? tokenizer = null) =>
        [.. new SourceDocuments(tokenizer ?? _tokenizer).Read(source).Select(ids => _tokenizer.Decode(ids))];

    private string Decode(Tensor ids)
    {
        using (ids)
            return _tokenizer.Decode([.. ids.data<long>().ToArray().Select(id => (int)id)]);
    }

    private string Write(string name, string content)
    {
        var path = Path.Combine(_folder.Path, name);
        File.WriteAllText(path, content);
        return path;
    }
}
