namespace Puzzle.Serving.Kernels;

/// <summary>How the engine keeps weight matrices; it computes in float32 always.</summary>
public enum WeightType
{
    /// <summary>32-bit floats.</summary>
    F32,

    /// <summary>bfloat16, half the memory traffic.</summary>
    BF16,

    /// <summary>ggml's Q8_0: 8 bits and a scale for 32 inputs, made floats in registers.</summary>
    Q8_0,

    /// <summary>ggml's Q4_0: 4 bits and a scale for 32 inputs; the head keeps 8 bits, as llama.cpp's exports do.</summary>
    Q4_0,
}
