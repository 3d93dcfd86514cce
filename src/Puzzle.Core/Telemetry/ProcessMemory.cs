using System.Diagnostics;
using System.Globalization;

namespace Puzzle.Core.Telemetry;

/// <summary>Resident memory of this process and what the machine has left, in bytes.</summary>
public static class ProcessMemory
{
    /// <summary>Resident now.</summary>
    public static long Resident => Status("VmRSS:") ?? Environment.WorkingSet;

    /// <summary>The most that was resident since <see cref="ResetPeak"/>, or since the start where that is not possible.</summary>
    public static long Peak
    {
        get
        {
            if (Status("VmHWM:") is { } peak)
                return peak;
            using var self = Process.GetCurrentProcess();
            return self.PeakWorkingSet64;
        }
    }

    /// <summary>What can be taken without swapping, or null where the system does not tell.</summary>
    public static long? Available => Field("/proc/meminfo", "MemAvailable:");

    /// <summary>Counts the peak from now on (Linux).</summary>
    public static void ResetPeak()
    {
        try
        {
            if (OperatingSystem.IsLinux())
                File.WriteAllText("/proc/self/clear_refs", "5");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Containers may forbid it: the peak then counts from the start of the process, which is an upper bound.
        }
    }

    private static long? Status(string field) => Field("/proc/self/status", field);

    private static long? Field(string file, string field)
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(file))
            return null;
        var line = File.ReadLines(file).FirstOrDefault(l => l.StartsWith(field, StringComparison.Ordinal));
        var digits = line is null ? "" : new string([.. line.Where(char.IsAsciiDigit)]);
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var kib) ? kib * 1024 : null;
    }
}
