using System.Runtime.InteropServices;

namespace Puzzle.Serving.Kernels;

/// <summary>Memory outside the managed heap, aligned for vectors; large buffers are aligned for, and offered to, huge pages.</summary>
internal sealed unsafe partial class NativeBuffer : IDisposable
{
    private const nuint HugePage = 2 << 20;
    private const int OfferHugePages = 14;

    public NativeBuffer(long bytes)
    {
        Bytes = bytes;
        var huge = bytes >= 4 * (long)HugePage;
        Pointer = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(64, bytes), huge ? HugePage : 64);
        if (huge && OperatingSystem.IsLinux())
            _ = Advise(Pointer, (nuint)bytes / HugePage * HugePage, OfferHugePages); // an offer: what comes of it changes no result
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
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* start, nuint length, int advice);
}
