using System.Globalization;

namespace Puzzle.Serving.Costs;

/// <summary>How much memory stays in the processor between two passes.</summary>
internal static class LastLevelCache
{
    /// <summary>Bytes of the largest cache that the system tells of; 32 MiB where it does not.</summary>
    public static long Bytes { get; } = Read();

    private static long Read()
    {
        const string folder = "/sys/devices/system/cpu/cpu0/cache";
        long largest = 0;
        if (Directory.Exists(folder))
        {
            foreach (var cache in Directory.EnumerateDirectories(folder, "index*"))
            {
                var file = Path.Combine(cache, "size");
                if (File.Exists(file) && File.ReadAllText(file).Trim() is { Length: > 1 } size && long.TryParse(size.AsSpan(0, size.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                    largest = Math.Max(largest, number << (size[^1] == 'M' ? 20 : 10));
            }
        }

        return largest == 0 ? 32 << 20 : largest;
    }
}
