using Puzzle.Evaluation.Data;

namespace Puzzle.Evaluation.Tests.Data;

public sealed class SplitFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("puzzle-splits").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(null, "validation", "validation.jsonl", "validation.jsonl test.jsonl train.jsonl")]
    [InlineData(null, "validation", "val.jsonl", "val.jsonl test.jsonl")]
    [InlineData("ARC-Easy", "test", "ARC-Easy/test-00000-of-00001.parquet", "ARC-Easy/test-00000-of-00001.parquet ARC-Challenge/test-00000-of-00001.parquet ARC-Easy/train-00000-of-00001.parquet")]
    [InlineData("main", "train", "main/train-00000-of-00002.parquet main/train-00001-of-00002.parquet", "main/train-00001-of-00002.parquet main/train-00000-of-00002.parquet main/test-00000-of-00001.parquet")]
    [InlineData(null, "test", "data/test-00000-of-00001.parquet", "data/test-00000-of-00001.parquet data/train-00000-of-00001.parquet README.md")]
    [InlineData("default", "test", "data/test-00000-of-00001.parquet", "data/test-00000-of-00001.parquet")]
    [InlineData("ARC-Challenge", "test", "ARC-Challenge/0.0.0/210d/ai2_arc-test.arrow", "ARC-Challenge/0.0.0/210d/ai2_arc-test.arrow ARC-Challenge/0.0.0/210d/ai2_arc-train.arrow")]
    [InlineData("abstract_algebra", "dev", "abstract_algebra/dev-00000-of-00001.parquet", "abstract_algebra/dev-00000-of-00001.parquet abstract_algebra/validation-00000-of-00001.parquet all/dev-00000-of-00001.parquet")]
    [InlineData("wikitext-2-raw-v1", "test", "wikitext-2-raw-v1/test/0000.parquet", "wikitext-2-raw-v1/test/0000.parquet wikitext-103-v1/test/0000.parquet")]
    [InlineData("winogrande_xl", "test", "", "winogrande_xs/test.jsonl")]
    [InlineData(null, "test", "", "latest.jsonl contest.jsonl")]
    [InlineData(null, "test", "test.parquet", "test.jsonl test.parquet")]
    public void TheFilesOfASplitAreFoundInTheUsualLayouts(string? configuration, string split, string expected, string files)
    {
        foreach (var file in files.Split(' '))
        {
            var path = Path.Combine(_folder, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "");
        }

        var found = SplitFiles.Find(_folder, configuration, split).Select(path => Path.GetRelativePath(_folder, path));
        Assert.Equal(expected, string.Join(' ', found));
    }
}
