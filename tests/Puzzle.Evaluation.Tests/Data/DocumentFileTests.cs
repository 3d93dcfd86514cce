using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Parquet.Serialization;
using Puzzle.Core.Errors;
using Puzzle.Evaluation.Data;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.Tests.Data;

public sealed class DocumentFileTests : IDisposable
{
    private const string Expected =
        """[{"question": "Why?", "label": 1, "choices": {"text": ["so", "é\n"], "label": ["A", "B"]}}, {"question": "Who, \"me\"?", "label": 0, "choices": {"text": [], "label": []}}]""";

    private readonly string _folder = Directory.CreateTempSubdirectory("puzzle-data").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void JsonLinesAndJsonListsGiveTheSame()
    {
        var lines = PythonLiteral.TryParse(Expected, out var value) ? ((List<object?>)value!).Select(row => PythonJson.Write(row)) : [];
        Assert.Equal(Expected, Read("a.jsonl", string.Join("\n\n", lines)));
        Assert.Equal(Expected, Read("b.json", "\n" + Expected));
        Assert.Equal(Expected, Read("c.json", string.Join('\n', lines)));
    }

    [Fact]
    public async Task ParquetGivesNestedColumns()
    {
        var path = Path.Combine(_folder, "a.parquet");
        Row[] rows =
        [
            new() { question = "Why?", label = 1, choices = new() { text = ["so", "é\n"], label = ["A", "B"] } },
            new() { question = "Who, \"me\"?", label = 0, choices = new() { text = [], label = [] } },
        ];
        await ParquetSerializer.SerializeAsync(rows, path, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(Expected, PythonJson.Write(DocumentFile.Read(path)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ArrowGivesNestedColumnsFromStreamsAndFiles(bool file)
    {
        var path = Path.Combine(_folder, "a.arrow");
        var batch = Batch();
        await using (var stream = File.Create(path))
        {
            using var writer = file ? new ArrowFileWriter(stream, batch.Schema) : new ArrowStreamWriter(stream, batch.Schema);
            await writer.WriteRecordBatchAsync(batch, TestContext.Current.CancellationToken);
            await writer.WriteEndAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(Expected, PythonJson.Write(DocumentFile.Read(path)));
    }

    [Fact]
    public void CsvHasQuotedFieldsAndTypedColumns() =>
        Assert.Equal(
            """[{"text": "a, \"b\"\nc", "number": 1, "part": 0.5, "mixed": "1"}, {"text": "d", "number": null, "part": 2.0, "mixed": "x"}]""",
            Read("a.csv", "text,number,part,mixed\r\n\"a, \"\"b\"\"\nc\",1,0.5,1\r\nd,,2,x\r\n"));

    [Theory]
    [InlineData("a.parquet", "not a parquet file at all")]
    [InlineData("a.arrow", "not an arrow file at all, really not")]
    [InlineData("a.json", "[1, 2]")]
    [InlineData("a.json", "[{\"a\": ")]
    [InlineData("a.csv", "a,b\n1\n")]
    [InlineData("a.xlsx", "x")]
    public void DamagedFilesAreNamed(string name, string content) =>
        Assert.Contains(name, Assert.Throws<BadInputException>(() => Read(name, content)).Message, StringComparison.Ordinal);

    private static RecordBatch Batch()
    {
        var text = new ListArray.Builder(StringType.Default);
        var label = new ListArray.Builder(StringType.Default);
        foreach (var (texts, labels) in new[] { (new[] { "so", "é\n" }, new[] { "A", "B" }), ([], []) })
        {
            text.Append();
            ((StringArray.Builder)text.ValueBuilder).AppendRange(texts);
            label.Append();
            ((StringArray.Builder)label.ValueBuilder).AppendRange(labels);
        }

        var (texts_, labels_) = (text.Build(), label.Build());
        var choices = new StructArray(
            new StructType([new Field("text", texts_.Data.DataType, true), new Field("label", labels_.Data.DataType, true)]),
            2, [texts_, labels_], ArrowBuffer.Empty);
        return new RecordBatch.Builder()
            .Append("question", false, new StringArray.Builder().AppendRange(["Why?", "Who, \"me\"?"]).Build())
            .Append("label", false, new Int32Array.Builder().AppendRange([1, 0]).Build())
            .Append("choices", false, choices)
            .Build();
    }

    private string Read(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return PythonJson.Write(DocumentFile.Read(path));
    }

#pragma warning disable IDE1006, SA1300 // the names are those of the columns
    private sealed class Row
    {
        public string question { get; set; } = "";

        public long label { get; set; }

        public Options choices { get; set; } = new();
    }

    private sealed class Options
    {
        public List<string> text { get; set; } = [];

        public List<string> label { get; set; } = [];
    }
#pragma warning restore IDE1006, SA1300
}
