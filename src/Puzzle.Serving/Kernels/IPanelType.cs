using System.Runtime.Intrinsics;

namespace Puzzle.Serving.Kernels;

/// <summary>
/// How packed weights are stored: the 32 of one input become floats in registers. Quantised types keep inputs in blocks
/// with a scale a lane in front; plain ones are one block however many inputs there are.
/// </summary>
internal unsafe interface IPanelType
{
    /// <summary>Bytes of the 32 weights of one input.</summary>
    static abstract int Bytes { get; }

    /// <summary>Inputs of a block.</summary>
    static abstract nint Block { get; }

    /// <summary>Bytes of the scales in front of a block.</summary>
    static abstract int ScaleBytes { get; }

    /// <summary>The 32 scales of a block; plain types have none.</summary>
    static abstract (Vector512<float> Lower, Vector512<float> Upper) Scales(byte* block);

    /// <summary>The 32 weights of an input.</summary>
    static abstract (Vector512<float> Lower, Vector512<float> Upper) Load(byte* from, Vector512<float> lowerScale, Vector512<float> upperScale);

    /// <summary>Lower or upper half of a block's scales, for narrow vectors.</summary>
    static abstract (Vector256<float> First, Vector256<float> Second) HalfScales(byte* block, int half);

    /// <summary>Lower or upper half of the weights of an input, for narrow vectors.</summary>
    static abstract (Vector256<float> First, Vector256<float> Second) LoadHalf(byte* from, int half, Vector256<float> firstScale, Vector256<float> secondScale);

    /// <summary>Stores all inputs of one lane of a panel.</summary>
    static abstract void Store(byte* panel, int lane, ReadOnlySpan<float> row);

    /// <summary>The weight of one input of one lane of a panel.</summary>
    static abstract float Read(byte* panel, int lane, int input);
}
