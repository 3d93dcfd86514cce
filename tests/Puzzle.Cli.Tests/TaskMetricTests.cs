namespace Puzzle.Cli.Tests;

public sealed class TaskMetricTests
{
    [Fact]
    public void ARunMayBeScoredByATaskAndGoesOnFromWhatItsRoundsHaveMeasured()
    {
        using var tiny = new TinyParent();
        string[] run =
        [
            "run", tiny.PathOf("recipe.yaml"), "--until", "solve", "--json", "--set", $"output={tiny.PathOf("out")}", "--set", "distill.tokens=0",
            "--set", "score.metric=task", "--set", $"score.task={tiny.PathOf("questions.jsonl")}", "--set", "solve.rounds=2", "--set", "solve.removal=trajectory",
        ];
        var first = Tool.Run(run);
        Assert.True(first.ExitCode == 0, first.Error);
        var scores = File.ReadAllText(tiny.PathOf("out/score/scores.json"));
        Assert.Contains("\"parent_task\": {", scores, StringComparison.Ordinal);
        var solution = File.ReadAllText(tiny.PathOf("out/solve/solution.json"));
        Assert.Contains("\"way\": \"search\"", solution, StringComparison.Ordinal);

        // Killed after some of its measurements: the stage has no result, its units are there.
        var units = Directory.GetFiles(tiny.PathOf("out/solve/rounds"));
        Assert.True(units.Length > 1, $"{units.Length} measurements");
        var written = units.Skip(1).ToDictionary(unit => unit, File.GetLastWriteTimeUtc);
        File.Delete(tiny.PathOf("out/solve/done.json"));
        File.Delete(units[0]);
        var again = Tool.Run(run);
        Assert.True(again.ExitCode == 0, again.Error);
        Assert.All(written, unit => Assert.Equal(unit.Value, File.GetLastWriteTimeUtc(unit.Key)));
        Assert.True(File.Exists(units[0]));

        // Times differ, what was found does not.
        Assert.Equal(Found(solution), Found(File.ReadAllText(tiny.PathOf("out/solve/solution.json"))));
        Assert.Equal(2, Tool.Run([.. run, "--set", "score.task="]).ExitCode);
    }

    private static string[] Found(string json) => [.. json.Split('\n').Where(line => !line.Contains("seconds", StringComparison.Ordinal))];
}
