using System.Runtime.Intrinsics;

namespace Puzzle.Serving.Kernels;

/// <summary>How packed weights are stored: sixteen at a time become floats in a register.</summary>
internal unsafe interface IPanelType
{
    /// <summary>Bytes of sixteen weights.</summary>
    static abstract int Bytes { get; }

    /// <summary>Sixteen weights as floats.</summary>
    static abstract Vector512<float> Load(byte* from);

    /// <summary>Eight weights as floats.</summary>
    static abstract Vector256<float> LoadHalf(byte* from);

    /// <summary>Stores one weight as number <paramref name="index"/> behind a place.</summary>
    static abstract void Store(byte* to, int index, float value);

    /// <summary>The weight that is stored as number <paramref name="index"/> behind a place.</summary>
    static abstract float Read(byte* from, int index);
}
