using System.Text.Json.Serialization;

namespace Puzzle.Core.Recipes;

/// <summary>What a model computes in.</summary>
public enum ComputeType
{
    /// <summary>32-bit floats throughout.</summary>
    [JsonStringEnumMemberName("float32")]
    Float32,

    /// <summary>bfloat16 autocast with float32 master weights.</summary>
    [JsonStringEnumMemberName("bfloat16")]
    BFloat16,
}
