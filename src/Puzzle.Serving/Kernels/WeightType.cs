namespace Puzzle.Serving.Kernels;

/// <summary>How the engine keeps weight matrices; it computes in float32 always.</summary>
public enum WeightType
{
    /// <summary>32-bit floats.</summary>
    F32,

    /// <summary>bfloat16, half the memory traffic.</summary>
    BF16,
}
