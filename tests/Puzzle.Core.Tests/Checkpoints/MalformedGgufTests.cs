using System.Buffers.Binary;
using CsCheck;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Tests.Checkpoints;

public class MalformedGgufTests
{
    private static readonly ModelConfig Model = TinyModel.Config(new LayerSpec(new GroupedQuerySpec(4), new SwiGluSpec(64)));

    [Fact]
    public void EveryTruncationIsRefused()
    {
        var file = File.ReadAllBytes(Shared.Golden("hostile", "gguf", "valid.gguf"));
        for (var length = 0; length < file.Length; length++)
            Assert.NotNull(Open(file[..length]));
    }

    [Fact]
    public void CountsBeyondTheFileAreRefused()
    {
        var sound = File.ReadAllBytes(Shared.Golden("hostile", "gguf", "valid.gguf"));
        foreach (var at in (int[])[8, 16, 24])
        {
            foreach (var count in (ulong[])[1_000, 1ul << 31, 1ul << 32, 1ul << 61, 1ul << 62, 1ul << 63, ulong.MaxValue])
            {
                var file = sound.ToArray();
                BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), count);
                Assert.NotNull(Open(file));
            }
        }
    }

    [Fact]
    public void ChangedBytesAreReadOrRefusedButNothingElse()
    {
        var sound = ModelFile([]);
        var header = (int)Math.Min(sound.Length, 3000);
        Gen.Select(Gen.Int[0, header - 1], Gen.Byte).List[1, 4].Sample(changes =>
        {
            var file = sound.ToArray();
            foreach (var (at, value) in changes)
                file[at] = value;
            Open(file);
        }, iter: 2000, threads: 1);
    }

    [Theory]
    [InlineData("deci.attention.head_count", 7)]
    [InlineData("deci.attention.head_count_kv", 3)]
    [InlineData("deci.attention.head_count_kv", 16)]
    [InlineData("deci.attention.head_count", -8)]
    [InlineData("deci.feed_forward_length", -64)]
    [InlineData("deci.feed_forward_length", int.MaxValue)]
    [InlineData("deci.feed_forward_length", 65)]
    public void PerLayerValuesThatDoNotFitAreRefused(string key, int value)
    {
        var keys = Keys().Select(pair => pair.Key == key ? new(key, new[] { value, value }) : pair);
        Assert.NotNull(Open(ModelFile([.. keys])));
    }

    [Fact]
    public void EveryMissingOrMistypedKeyIsRefusedOrHasADefault()
    {
        foreach (var (key, _) in Keys())
        {
            if (!key.StartsWith("deci.", StringComparison.Ordinal) || key.Contains("vocab", StringComparison.Ordinal))
                continue;
            var others = Keys().Where(pair => pair.Key != key).ToList();
            var missing = Open(ModelFile(others));
            if (!key.Contains("rope", StringComparison.Ordinal) && !key.EndsWith("_length", StringComparison.Ordinal))
                Assert.True(missing is not null || key.EndsWith("head_count_kv", StringComparison.Ordinal), key);
            foreach (var wrong in (object[])["text", new[] { "a", "b" }, -1L, ulong.MaxValue, double.NaN, new float[] { 1 }, true])
                Assert.True(Open(ModelFile([.. others, new(key, wrong)])) is not null, $"{key} = {wrong}");
        }
    }

    [Fact]
    public void EveryMissingTensorIsNamed()
    {
        foreach (var (name, _) in WeightLayout.Of(Model))
        {
            var gguf = GgufNames.ToGguf(name);
            var error = Open(ModelFile(Keys(), gguf));
            Assert.NotNull(error);
            Assert.Contains(gguf, error.Message);
        }
    }

    private static List<KeyValuePair<string, object>> Keys() =>
        GgufKeys.Of(Model with { Layers = [Model.Layers[0], Model.Layers[0]] }, "deci", ModelFamily.Find("llama")!, [], new());

    private static byte[] ModelFile(List<KeyValuePair<string, object>> keys, string? without = null)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "model.gguf");
        var two = Model with { Layers = [Model.Layers[0], Model.Layers[0]] };
        var tensors = WeightLayout.Of(two).Select(tensor => new TensorInfo(GgufNames.ToGguf(tensor.Name), StoredType.F32, tensor.Shape)).Where(tensor => tensor.Name != without).ToList();
        GgufWriter.Write(path, keys.Count > 0 ? keys : Keys(), tensors, (_, values) => values.Fill(1));
        return File.ReadAllBytes(path);
    }

    private static BadInputException? Open(byte[] content)
    {
        using var folder = new TemporaryFolder();
        return Malformed.Open(folder.File("model.gguf", content), path => GgufFile.Open(path).Dispose());
    }
}
