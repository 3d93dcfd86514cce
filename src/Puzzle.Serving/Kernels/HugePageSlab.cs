using System.Runtime.InteropServices;

namespace Puzzle.Serving.Kernels;

/// <summary>
/// A stretch of huge pages that many buffers share. A model's matrices are mostly smaller than such a page or few of them; each for
/// itself would lie in small pages, whose addresses take longer to look up than their weights to read, more so the more scattered the
/// pages are that a process happens to get.
/// </summary>
internal sealed unsafe partial class HugePageSlab
{
    /// <summary>What a huge page holds.</summary>
    public const nuint Page = 2 << 20;

    /// <summary>Buffers of at least so many bytes have pages of their own.</summary>
    public const long Large = SlabBytes / 4;

    private const long SlabBytes = 32 << 20;
    private const long Alignment = 64;
    private const int OfferHugePages = 14;

    private static readonly Lock s_lock = new();
    private static HugePageSlab? s_current;

    private readonly byte* _start = Allocate(SlabBytes);
    private long _used;
    private int _live;

    /// <summary>Memory of its own, aligned for huge pages and offered to them.</summary>
    public static byte* Allocate(long bytes)
    {
        var start = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, Page);
        if (OperatingSystem.IsLinux())
            _ = Advise(start, (nuint)bytes / Page * Page, OfferHugePages); // an offer: what comes of it changes no result
        return start;
    }

    /// <summary>A part of a slab, which must be given back by <see cref="Return"/>.</summary>
    public static (HugePageSlab Slab, nint Pointer) Take(long bytes)
    {
        bytes = (bytes + Alignment - 1) / Alignment * Alignment;
        lock (s_lock)
        {
            if (s_current is null || s_current._used + bytes > SlabBytes)
            {
                s_current?.FreeIfEmpty();
                s_current = new HugePageSlab();
            }

            var at = s_current._used;
            s_current._used += bytes;
            s_current._live++;
            return (s_current, (nint)(s_current._start + at));
        }
    }

    /// <summary>One part less; the last takes the slab with it, or makes it new where it is the one that is filled.</summary>
    public void Return()
    {
        lock (s_lock)
        {
            _live--;
            if (this != s_current)
                FreeIfEmpty();
            else if (_live == 0)
                _used = 0;
        }
    }

    private void FreeIfEmpty()
    {
        if (_live == 0)
            NativeMemory.AlignedFree(_start);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* start, nuint length, int advice);
}
