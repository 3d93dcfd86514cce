using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Puzzle.Benchmarks;

/// <summary>What the numbers were measured on.</summary>
/// <param name="Name">For people, for example <c>2 cores of an AMD EPYC</c>.</param>
/// <param name="Slug">The same as the name of a folder.</param>
internal sealed partial record Hardware(string Name, string Slug)
{
    public static Hardware Current { get; } = Find();

    private static Hardware Find()
    {
        var facts = File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").Select(line => line.Split(':', 2)).Where(pair => pair.Length == 2).Select(pair => (Key: pair[0].Trim(), Value: pair[1].Trim())).ToList() : [];
        var cpu = Noise().Replace(facts.Find(fact => fact.Key == "model name").Value ?? $"{RuntimeInformation.ProcessArchitecture} processor", " ").Trim();

        // The process may be held to fewer cores than there are.
        var cores = Math.Max(Environment.ProcessorCount, facts.Count(fact => fact.Key == "processor"));
        var used = Environment.ProcessorCount < cores ? $"{Environment.ProcessorCount} of {cores}" : $"{cores}";
        var name = $"{used} core{(cores == 1 ? "" : "s")} of {("AEIOU".Contains(cpu[0]) ? "an" : "a")} {cpu}";
        return new Hardware(name, Dashes().Replace($"{cores}-core-{cpu}".ToLowerInvariant(), "-").Trim('-'));
    }

    [GeneratedRegex(@"\((R|TM|r|tm)\)|\bCPU\b|@.*$|\s+")]
    private static partial Regex Noise();

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex Dashes();
}
