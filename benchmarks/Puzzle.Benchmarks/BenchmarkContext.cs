using System.Diagnostics;
using Puzzle.Core.Errors;

namespace Puzzle.Benchmarks;

/// <summary>What a benchmark may use: the repository, inputs beside it, a place to work and a place to talk.</summary>
/// <param name="root">The repository's root.</param>
/// <param name="log">Where talk goes.</param>
internal sealed class BenchmarkContext(string root, TextWriter log)
{
    /// <summary>The repository's root.</summary>
    public string Root => root;

    /// <summary>A line of progress, on stderr.</summary>
    public void Say(string line) => log.WriteLine(line);

    /// <summary>A path below the <c>shared</c> folder that may lie beside the checkout; null where it is absent.</summary>
    public string? FindShared(params string[] parts)
    {
        for (var folder = new DirectoryInfo(root); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine([folder.FullName, "shared", .. parts]);
            if (Path.Exists(path))
                return path;
        }

        return null;
    }

    /// <summary>The same, as an error where it is absent.</summary>
    public string Shared(params string[] parts) =>
        FindShared(parts) ?? throw new BadInputException($"shared/{string.Join('/', parts)} is missing: the benchmark looks for it beside the checkout {root}");

    /// <summary>A fresh folder for what the benchmark writes, below the repository's <c>artifacts</c>.</summary>
    public string WorkFolder(string name)
    {
        var folder = Path.Combine(root, "artifacts", "benchmarks", name);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        return folder;
    }

    /// <summary>The median seconds of an action, after one run that does not count.</summary>
    public static double MedianSeconds(int runs, Action action)
    {
        action();
        var seconds = new double[runs];
        for (var run = 0; run < runs; run++)
        {
            var start = Stopwatch.GetTimestamp();
            action();
            seconds[run] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        return Median(seconds);
    }

    /// <summary>The median; of an even number the mean of the middle two.</summary>
    public static double Median(IEnumerable<double> numbers)
    {
        var sorted = numbers.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
