using System.Text.Json;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Tests.Checkpoints;

/// <summary>The hostile files of the manifest: each does what it says, with one clear error and without a large allocation.</summary>
public class HostileCheckpointsTests
{
    public static TheoryData<string, string> Safetensors => Group("safetensors");

    public static TheoryData<string, string> Gguf => Group("gguf");

    public static TheoryData<string, string> Configs => Group("config");

    public static TheoryData<string, string> Indexes => Group("index");

    [Theory]
    [MemberData(nameof(Safetensors))]
    public void SafetensorsFilesAreReadAsTheManifestSays(string file, string expect) =>
        Check(file, expect, path => SafetensorsFile.Open(path).Dispose());

    [Theory]
    [MemberData(nameof(Gguf))]
    public void GgufFilesAreReadAsTheManifestSays(string file, string expect) => Check(file, expect, path =>
    {
        using (GgufContainer.Open(path))
        {
        }

        // What is sound as a container may still be no model; the controls are containers only.
        if (expect == "error")
            GgufFile.Open(path).Dispose();
    });

    [Theory]
    [MemberData(nameof(Configs))]
    public void ConfigurationsAreReadAsTheManifestSays(string file, string expect) => Check(file, expect, path => HuggingFaceConfig.Read(path));

    [Theory]
    [MemberData(nameof(Indexes))]
    public void IndexesAreReadAsTheManifestSays(string file, string expect) => Check(file, expect, path =>
    {
        if (path.EndsWith(".json", StringComparison.Ordinal))
            ShardIndex.Open(Path.GetDirectoryName(path)!).Dispose();
        else
            SafetensorsFile.Open(path).Dispose();
    });

    [Theory]
    [InlineData("model-tensors-missing", "blk.0.attn_norm.weight is missing")]
    [InlineData("model-heads-zero", "head_count is 0")]
    [InlineData("model-heads-3", "does not divide")]
    [InlineData("model-blocks-2e32", "block_count is 4294967295")]
    [InlineData("model-embedding-2e31", "embedding_length is 2147483648")]
    [InlineData("model-eps-nan", "layer_norm_rms_epsilon is NaN")]
    [InlineData("vocab-scores-short", "scores has 1 entries for 3 tokens")]
    [InlineData("vocab-bos-out-of-range", "bos_token_id is 4000000000")]
    [InlineData("vocab-merges-missing-token", "merges[0] is \"a zz\"")]
    [InlineData("architecture-missing", "general.architecture is absent")]
    [InlineData("big-endian", "big-endian")]
    [InlineData("dims-overflow", "larger than 2^63")]
    [InlineData("overlapping-tensors", "tensors a and b overlap")]
    public void GgufErrorsNameWhatIsWrong(string file, string problem)
    {
        var error = Assert.Throws<BadInputException>(() => GgufFile.Open(Shared.Golden("hostile", "gguf", $"{file}.gguf")));
        Assert.Contains(problem, error.Message);
    }

    [Fact]
    public void WeightsThatAreNotFiniteAreNamedWithTheirIndex()
    {
        using var file = SafetensorsFile.Open(Shared.Golden("hostile", "safetensors", "nan-weights.safetensors"));
        var error = Assert.Throws<BadInputException>(() => file.Read("a", new float[4]));
        Assert.Contains("tensor a holds NaN at index", error.Message);
    }

    private static TheoryData<string, string> Group(string name)
    {
        var data = new TheoryData<string, string>();
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(Shared.Repository("tests", "data", "hostile", "manifest.json")));
        foreach (var entry in manifest.RootElement.EnumerateArray())
        {
            if (entry.GetProperty("file").GetString()! is var file && file.StartsWith($"{name}/", StringComparison.Ordinal))
                data.Add(file, entry.GetProperty("expect").GetString()!);
        }

        return data;
    }

    private static void Check(string file, string expect, Action<string> open)
    {
        var path = Shared.Golden("hostile", file);
        var error = Malformed.Open(path, open);
        if (expect == "ok")
            Assert.Null(error);
        else if (expect == "error")
            Assert.NotNull(error);
    }
}
