using Puzzle.Core.Errors;
using Puzzle.Core.Models;

namespace Puzzle.Core.Checkpoints;

/// <summary>Reads RoPE's base and scaling from a GGUF file: metadata for linear scaling, the tensor of factors for llama3's.</summary>
internal static class GgufRope
{
    public static (double Theta, RopeScaling? Scaling) Read(GgufContainer file, string architecture, int headDim)
    {
        var metadata = file.Metadata;
        var theta = Positive(metadata, $"{architecture}.rope.freq_base") ?? 10000;
        var type = metadata.Text($"{architecture}.rope.scaling.type");
        var factor = Positive(metadata, $"{architecture}.rope.scaling.factor") ?? Positive(metadata, $"{architecture}.rope.scale_linear");
        if (type is not (null or "none" or "linear"))
            throw new BadInputException($"{file.Path}: {architecture}.rope.scaling.type is {type}; none and linear are supported");
        RopeScaling? linear = type != "none" && factor is not (null or 1) ? new("linear", factor.Value) : null;
        if (!file.Tensors.TryGetValue(GgufNames.RopeFactors, out var tensor))
            return (theta, linear);
        if (linear is not null)
            throw new BadInputException($"{file.Path}: both linear RoPE scaling and the tensor {GgufNames.RopeFactors} are given");
        return (theta, Llama3(file, tensor, theta, headDim));
    }

    private static RopeScaling? Llama3(GgufContainer file, GgufTensor tensor, double theta, int headDim)
    {
        if (tensor.Info.Type != StoredType.F32 || tensor.Info.Count != headDim / 2)
            throw new BadInputException($"{file.Path}: tensor {GgufNames.RopeFactors} should hold {headDim / 2} F32 values, found {tensor.Info.Count} {tensor.Info.Type}");
        var factors = new float[headDim / 2];
        Widening.ToFloat(StoredType.F32, file.Bytes(tensor, 0, sizeof(float) * factors.Length), factors);
        if (factors.All(factor => factor == 1))
            return null;
        if (file.Metadata.Values.GetValueOrDefault(PuzzleKeys.Llama3Scaling) is double[] and [> 0, > 0, var high, >= 1 and <= int.MaxValue] own && own.All(double.IsFinite) && high > own[1])
            return new("llama3", own[0], own[1], high, (int)own[3]);
        return Llama3Factors.Fit(factors, theta, headDim)
            ?? throw new BadInputException($"{file.Path}: the factors in {GgufNames.RopeFactors} are not those of llama3 scaling; other scalings are not supported");
    }

    private static double? Positive(GgufMetadata metadata, string key) => metadata.Number(key) switch
    {
        null => null,
        { } value when value > 0 && double.IsFinite(value) => value,
        var value => throw new BadInputException($"{metadata.Path}: {key} is {value}; a finite number above zero would be right"),
    };
}
