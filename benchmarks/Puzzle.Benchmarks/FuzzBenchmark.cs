using Puzzle.Core.Tests.Fuzzing;

namespace Puzzle.Benchmarks;

/// <summary>Many mutated files for every reader of files from outside.</summary>
internal sealed class FuzzBenchmark : IBenchmark
{
    private const int InputsPerReader = 20_000;

    public string Name => "fuzz";

    public string Purpose => "mutated safetensors, GGUF, configurations, tokenizers, templates and recipes: no crash, no hang, bounded memory";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        var folder = context.WorkFolder("fuzz");
        var seed = Environment.TickCount;
        List<FuzzResult> results = [];
        foreach (var target in FuzzTarget.All(folder))
        {
            results.Add(Fuzzer.Run(target, Path.Combine(folder, target.Name), seed, InputsPerReader));
            context.Say($"{target.Name}: {results[^1].Refused} of {InputsPerReader} refused, {results[^1].Problems.Count} problems");
        }

        return new BenchmarkResult
        {
            Metrics = new Dictionary<string, double>
            {
                ["inputs"] = results.Sum(result => result.Inputs),
                ["problems"] = results.Sum(result => result.Problems.Count),
                ["longest_seconds"] = results.Max(result => result.Longest.TotalSeconds),
                ["largest_allocation_mib"] = results.Max(result => result.LargestAllocation) / 1048576.0,
            },
            Tables =
            [
                new BenchmarkTable("Mutated files", ["reader", "inputs", "refused", "largest allocation (MiB)", "longest (ms)", "problems"],
                    [.. results.Select(result => (IReadOnlyList<string>)[result.Target, $"{result.Inputs}", $"{result.Refused}", $"{result.LargestAllocation / 1048576.0:F1}", $"{result.Longest.TotalMilliseconds:F1}", $"{result.Problems.Count}"])]),
            ],
            Notes = [$"seed {seed}", .. results.SelectMany(result => result.Problems).Take(10)],
        };
    }
}
