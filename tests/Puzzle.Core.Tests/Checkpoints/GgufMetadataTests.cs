using System.Text.Json;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Tests.Checkpoints;

public class GgufMetadataTests
{
    [Fact]
    public void EveryValueTypeIsRead()
    {
        var metadata = GgufMetadata.Read(Shared.Golden("gguf", "quants.gguf"));
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Shared.Golden("gguf", "metadata.json")));
        foreach (var property in expected.RootElement.EnumerateObject())
            Assert.Equal(JsonSerializer.Serialize(property.Value), JsonSerializer.Serialize(metadata.Values[property.Name]));
    }

    [Fact]
    public void ValuesOfAnotherTypeAreRefusedWithWhatWasFound()
    {
        var metadata = GgufMetadata.Read(Shared.Golden("gguf", "quants.gguf"));
        Assert.Contains("test.string should be an integer", Assert.Throws<BadInputException>(() => metadata.Integer("test.string")).Message);
        Assert.Contains("test.u64", Assert.Throws<BadInputException>(() => metadata.Integer("test.u64")).Message);
        Assert.Contains("an array of 3 Int32", Assert.Throws<BadInputException>(() => metadata.Texts("test.array_i32")).Message);
        Assert.Null(metadata.Text("test.absent"));
    }

    [Fact]
    public void ATokenizerIsReadFromARealFile()
    {
        var metadata = GgufMetadata.Read(Shared.Path("models", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf"));
        Assert.Equal(49152, metadata.Texts("tokenizer.ggml.tokens")!.Length);
        Assert.Equal(48900, metadata.Texts("tokenizer.ggml.merges")!.Length);
        Assert.Equal(100000, metadata.Number("llama.rope.freq_base"));
        Assert.Equal(1e-5, metadata.Number("llama.attention.layer_norm_rms_epsilon"));
        Assert.False(metadata.Flag("tokenizer.ggml.add_bos_token"));
    }
}
