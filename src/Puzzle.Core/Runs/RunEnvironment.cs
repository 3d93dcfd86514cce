using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Puzzle.Core.Runtime;

namespace Puzzle.Core.Runs;

/// <summary>Machine and libraries, for <c>environment.json</c>, reports and recorded benchmarks. Nothing that names the user or the host.</summary>
public static class RunEnvironment
{
    /// <summary>This tool's version.</summary>
    public static string ToolVersion { get; } =
        typeof(RunEnvironment).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Name to value, in the order shown.</summary>
    public static IReadOnlyDictionary<string, string> Describe()
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1073741824.0;
        return new Dictionary<string, string>
        {
            ["puzzle"] = ToolVersion,
            [".NET"] = Environment.Version.ToString(),
            ["system"] = RuntimeInformation.OSDescription,
            ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString(),
            ["processor"] = Processor(),
            ["cores"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
            ["memory"] = $"{memory:F1} GiB",
            ["libtorch"] = Libtorch.Describe(),
            ["threads"] = TorchSharp.torch.get_num_threads().ToString(CultureInfo.InvariantCulture),
        };
    }

    /// <summary>The processor's name as the system gives it.</summary>
    public static string Processor()
    {
        const string info = "/proc/cpuinfo";
        var line = File.Exists(info) ? File.ReadLines(info).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
