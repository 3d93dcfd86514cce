using System.Diagnostics;
using System.Globalization;

namespace Puzzle.Core.Telemetry;

/// <summary>
/// How much of the machine other processes (and, on a virtual machine, its host) take while something is timed: such times are
/// theirs too. Linux only; elsewhere nothing is known and nothing is said.
/// </summary>
public sealed class OtherLoad
{
    // Below this a look is too short for the system's ticks of 10 ms.
    private const double LeastSeconds = 0.2;

    // What a machine does in passing.
    private const double Tolerated = 0.05;

    private readonly (double Busy, double All)? _machine = Machine();
    private readonly double _own = Own();

    /// <summary>The share of all cores that others have used since this was made, 0 to 1; null where it is not known.</summary>
    public double? Share
    {
        get
        {
            if (_machine is not { } before || Machine() is not { } now || now.All - before.All < LeastSeconds)
                return null;
            return Math.Clamp((now.Busy - before.Busy - (Own() - _own)) / (now.All - before.All), 0, 1);
        }
    }

    /// <summary>A warning where others took more than a machine does in passing, else null.</summary>
    /// <param name="what">What was timed.</param>
    public string? Warning(string what) => Share is { } share && share > Tolerated
        ? string.Create(CultureInfo.InvariantCulture, $"other processes took {share:P0} of the processor while {what}: these times are not the machine's best; repeat it on a quiet machine")
        : null;

    // Core-seconds that were not idle, and all, since the start of the system.
    private static (double Busy, double All)? Machine()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/proc/stat"))
            return null;
        const double ticksASecond = 100;
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);

        // user, nice, system, idle, iowait, irq, softirq, steal; the guests' are in the user's already.
        var ticks = fields.Skip(1).Take(8).Select(field => double.Parse(field, CultureInfo.InvariantCulture)).ToArray();
        if (ticks.Length < 8)
            return null;
        var all = ticks.Sum();
        return ((all - ticks[3] - ticks[4]) / ticksASecond, all / ticksASecond);
    }

    private static double Own()
    {
        using var self = Process.GetCurrentProcess();
        return self.TotalProcessorTime.TotalSeconds;
    }
}
