using Puzzle.Core.Checkpoints;

namespace Puzzle.Core.Tests.Checkpoints;

public class GgufQuantsTests
{
    public static TheoryData<string> Types => new(Enum.GetNames<StoredType>().Where(name => Dequantizer.Reads(Enum.Parse<StoredType>(name)) && name is not ("F64" or "F8E4M3" or "F8E5M2")));

    [Theory]
    [MemberData(nameof(Types))]
    public void BlocksAreDequantisedBitForBitAsByGgml(string type)
    {
        Compare("quants.gguf", type, "");
        if (type is not ("F32" or "F16" or "BF16"))
            Compare("quants.gguf", $"bits.{type}", "");
    }

    [Theory]
    [InlineData("shape.1d")]
    [InlineData("shape.2d")]
    [InlineData("shape.3d")]
    [InlineData("shape.4d")]
    [InlineData("shape.3d.Q8_0")]
    public void DimensionsAreReadSlowestFirst(string name) => Compare("quants.gguf", name, "");

    [Theory]
    [InlineData("one")]
    [InlineData("two")]
    [InlineData("three")]
    public void TheFilesAlignmentIsHonoured(string name) => Compare("aligned128.gguf", name, "aligned128.");

    private static void Compare(string file, string name, string prefix)
    {
        using var container = GgufContainer.Open(Shared.Golden("gguf", file));
        using var expected = SafetensorsFile.Open(Shared.Golden("gguf", "expected.safetensors"));
        var tensor = container.Tensors[name];
        Assert.Equal(expected.Tensors[prefix + name].Shape, tensor.Info.Shape);
        var values = new float[tensor.Info.Count];
        Dequantizer.ToFloat(tensor.Info.Type, container.Bytes(tensor, 0, (int)tensor.Length), values);
        var bits = expected.ReadStored<float>(prefix + name).Select(BitConverter.SingleToUInt32Bits);
        Assert.Equal(bits, values.Select(BitConverter.SingleToUInt32Bits));
    }
}
