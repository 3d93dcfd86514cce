using System.Runtime.InteropServices;

namespace Puzzle.Serving.Kernels;

/// <summary>Memory outside the managed heap, aligned for vectors; all but small buffers lie in huge pages where the system has them.</summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private const long Small = 16 << 10;

    private readonly HugePageSlab? _slab;

    public NativeBuffer(long bytes)
    {
        Bytes = bytes;
        if (bytes < Small)
        {
            Pointer = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(64, bytes), 64);
        }
        else if (bytes >= HugePageSlab.Large)
        {
            Pointer = HugePageSlab.Allocate(bytes);
        }
        else
        {
            (_slab, var pointer) = HugePageSlab.Take(bytes);
            Pointer = (byte*)pointer;
        }
    }

    public long Bytes { get; }

    public byte* Pointer { get; private set; }

    public float* Floats => (float*)Pointer;

    /// <summary>Room for so many floats, all zero.</summary>
    public static NativeBuffer Zeros(long floats)
    {
        var buffer = new NativeBuffer(floats * sizeof(float));
        NativeMemory.Clear(buffer.Pointer, (nuint)buffer.Bytes);
        return buffer;
    }

    /// <summary>A copy of an array.</summary>
    public static NativeBuffer Of(ReadOnlySpan<float> values)
    {
        var buffer = new NativeBuffer(values.Length * (long)sizeof(float));
        values.CopyTo(new Span<float>(buffer.Pointer, values.Length));
        return buffer;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Pointer == null)
            return;
        if (_slab is null)
            NativeMemory.AlignedFree(Pointer);
        else
            _slab.Return();
        Pointer = null;
    }
}
