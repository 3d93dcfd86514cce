using Puzzle.Core.Tests.Checkpoints;

namespace Puzzle.Core.Tests.Fuzzing;

public sealed class FuzzTests
{
    private const int InputsPerReader = 1700;

    [Fact]
    public void Ten_thousand_mutated_files_are_read_or_refused_at_bounded_cost()
    {
        using var folder = new TemporaryFolder();
        var results = FuzzTarget.All(folder.Path).Select((target, i) => Fuzzer.Run(target, Path.Combine(folder.Path, target.Name), i, InputsPerReader)).ToList();
        Assert.True(results.Sum(result => result.Inputs) >= 10_000);
        Assert.All(results, result => Assert.InRange(result.Refused, 1, result.Inputs - 1));
        var problems = results.SelectMany(result => result.Problems).ToList();
        Assert.True(problems.Count == 0, $"{problems.Count}:\n{string.Join("\n", problems.Take(20))}");
    }
}
