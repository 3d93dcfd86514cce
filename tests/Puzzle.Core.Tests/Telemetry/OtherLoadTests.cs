using System.Diagnostics;
using Puzzle.Core.Telemetry;

namespace Puzzle.Core.Tests.Telemetry;

public sealed class OtherLoadTests
{
    [Fact]
    public void Own_work_is_not_that_of_others_and_too_short_a_look_says_nothing()
    {
        Assert.Null(new OtherLoad().Share);
        if (!OperatingSystem.IsLinux())
            return;

        // All cores busy with this process: what it got of them is not others', however much that was.
        using var self = Process.GetCurrentProcess();
        var (load, before, clock) = (new OtherLoad(), self.TotalProcessorTime, Stopwatch.StartNew());
        Parallel.For(0, Environment.ProcessorCount, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, _ =>
        {
            while (clock.Elapsed < TimeSpan.FromSeconds(1))
                Thread.SpinWait(10_000);
        });
        var (share, seconds) = (load.Share!.Value, clock.Elapsed.TotalSeconds);
        self.Refresh();
        var own = (self.TotalProcessorTime - before).TotalSeconds / (seconds * Environment.ProcessorCount);
        Assert.InRange(own, 0.1, 1.1);
        Assert.InRange(share, 0, 1 - own + 0.15);
    }

    [Fact]
    public void A_busy_process_beside_it_is_named()
    {
        if (!OperatingSystem.IsLinux())
            return;
        var load = new OtherLoad();
        Process[] others = [.. Enumerable.Range(0, (Environment.ProcessorCount + 7) / 8).Select(_ => Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "while :; do :; done"]))!)];
        try
        {
            var until = Stopwatch.StartNew();
            while (load.Warning("something was timed") is null && until.Elapsed < TimeSpan.FromSeconds(60))
                Thread.Sleep(300);
            Assert.Contains("while something was timed", load.Warning("something was timed"), StringComparison.Ordinal);
        }
        finally
        {
            Array.ForEach(others, other => other.Kill());
            Array.ForEach(others, other => other.Dispose());
        }
    }
}
