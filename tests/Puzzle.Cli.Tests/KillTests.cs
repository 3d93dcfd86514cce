using System.Diagnostics;

namespace Puzzle.Cli.Tests;

public sealed class KillTests(ITestOutputHelper output)
{
    private const int Kills = 10;

    /// <summary>A run that is killed again and again, at moments spread over all stages, ends with the child that an undisturbed run makes, bit for bit.</summary>
    [Fact]
    public void KilledTenTimesARunEndsWithTheSameChild()
    {
        using var tiny = new TinyParent();
        var undisturbed = Stopwatch.StartNew();
        using (var whole = Start(tiny, "whole"))
        {
            Finish(whole);
        }

        var seconds = undisturbed.Elapsed.TotalSeconds;
        var random = new Random(20261125);
        var killed = new List<string>();
        for (var kill = 0; kill < Kills; kill++)
        {
            using var process = Start(tiny, "killed");
            // Startup is part of every attempt, so the moments are drawn over one attempt's whole length; those that come later meet later stages.
            process.WaitForExit(TimeSpan.FromSeconds(seconds * (0.15 + 0.35 * random.NextDouble())));
            if (!process.HasExited)
            {
                process.Kill();
                process.WaitForExit();
            }

            killed.Add(Stages(tiny.PathOf("killed")));
        }

        using (var last = Start(tiny, "killed"))
        {
            Finish(last);
        }

        output.WriteLine($"{seconds:0.0} s undisturbed; stages done at each kill: {string.Join(" | ", killed)}");
        Assert.Equal(TinyParent.Bytes(tiny.PathOf("whole/heal/child")), TinyParent.Bytes(tiny.PathOf("killed/heal/child")));
        Assert.Equal(
            Weights(tiny.PathOf("whole/child")),
            Weights(tiny.PathOf("killed/child")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(tiny.PathOf("killed"), "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public void ASecondRunRedoesNothingAndAChangedLimitOnlyWhatDependsOnIt()
    {
        using var tiny = new TinyParent();
        string[] run = ["run", tiny.PathOf("recipe.yaml"), "--set", $"output={tiny.PathOf("out")}", "--json"];
        var first = Tool.Run(run);
        Assert.True(first.ExitCode == 0, first.Error);
        Assert.Equal("done", (string?)first.Json["status"]);
        Assert.True(File.Exists((string?)first.Json["report"]));
        Assert.NotNull(first.Json["recovery"]);
        var again = Tool.Run(run);
        Assert.All(again.Json["stages"]!.AsObject(), stage => Assert.True((bool)stage.Value!["reused"]!, stage.Key));
        var tighter = Tool.Run([.. run, "--set", "target.scenarios.0.limits.max_params=50%"]);
        Assert.True(tighter.ExitCode == 0, tighter.Error);
        foreach (var (stage, state) in tighter.Json["stages"]!.AsObject())
            Assert.Equal(stage is "init" or "distill" or "score" or "measure", (bool)state!["reused"]!);
        Assert.True((long)tighter.Json["child_stats"]!["block_params"]! * 2 <= (long)tighter.Json["parent"]!["block_params"]!);
    }

    [Fact]
    public void LimitsThatCannotBeMetAreExplainedWithExitCodeFour()
    {
        using var tiny = new TinyParent();
        var result = Tool.Run("run", tiny.PathOf("recipe.yaml"), "--set", $"output={tiny.PathOf("out")}", "--set", "target.scenarios.0.limits.max_weights_gib=1e-9", "--json");
        Assert.Equal(4, result.ExitCode);
        Assert.Equal("error", (string?)result.Json["status"]);
        Assert.Contains("weights", (string?)result.Json["error"], StringComparison.Ordinal);
        Assert.False(File.Exists(tiny.PathOf("out/solve/solution.json")));
    }

    private static SortedDictionary<string, string> Weights(string folder)
    {
        var files = TinyParent.Bytes(folder);
        // The card tells of measured speeds, which differ from run to run, and the recipe names its own run folder.
        files.Remove("README.md");
        files.Remove("puzzle_recipe.yaml");
        return files;
    }

    private static Process Start(TinyParent tiny, string output)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(CommandLine).Assembly.Location, "run", tiny.PathOf("recipe.yaml"), "--set", $"output={tiny.PathOf(output)}", "--quiet"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }

    private static void Finish(Process process)
    {
        var error = process.StandardError.ReadToEndAsync();
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, said + error.Result);
    }

    private static string Stages(string folder) => !Directory.Exists(folder) ? "" :
        string.Join(' ', Directory.EnumerateDirectories(folder).Where(stage => File.Exists(Path.Combine(stage, "done.json"))).Select(Path.GetFileName).Order());
}
