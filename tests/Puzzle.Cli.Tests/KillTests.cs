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
        using (var whole = Start(tiny, "whole"))
        {
            Finish(whole);
        }

        var random = new Random(20261125);
        var all = Files(tiny.PathOf("whole"));
        var killed = new List<string>();
        while (killed.Count < Kills)
        {
            // Always some files further: startup is passed, and the kills wander through all stages.
            var goal = Math.Max(Files(tiny.PathOf("killed")) + 1, (int)(all * (killed.Count + random.NextDouble()) / (Kills + 0.5)));
            using var process = Start(tiny, "killed");
            while (!process.HasExited && Files(tiny.PathOf("killed")) < goal)
                Thread.Sleep(1);
            process.Kill();
            process.WaitForExit();
            Assert.True(process.ExitCode != 0, $"the run ended before its kill number {killed.Count + 1}; stages done at each kill: {string.Join(" | ", killed)}");
            killed.Add(Stages(tiny.PathOf("killed")));
        }

        using (var last = Start(tiny, "killed"))
        {
            Finish(last);
        }

        output.WriteLine($"stages done at each kill: {string.Join(" | ", killed)}");
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
        string[] run = ["run", tiny.PathOf("recipe.yaml"), "--set", $"output={tiny.PathOf("out")}", "--set", "measure.also_report=[llama_cpp]", "--json"];
        var first = Tool.Run(run);
        Assert.True(first.ExitCode == 0, first.Error);
        Assert.Equal("done", (string?)first.Json["status"]);
        Assert.True(File.Exists((string?)first.Json["report"]));
        Assert.NotNull(first.Json["recovery"]);
        var speeds = first.Json["speedups"]!.AsObject();
        Assert.Equal(["torch", "llama_cpp"], speeds.Select(speed => speed.Key));
        Assert.NotNull(speeds["torch"]);
        if (speeds["llama_cpp"] is null)
            Assert.Contains("llama_cpp is not timed: ", first.Error, StringComparison.Ordinal);
        var again = Tool.Run(run);
        Assert.All(again.Json["stages"]!.AsObject(), stage => Assert.True((bool)stage.Value!["reused"]!, stage.Key));
        var tighter = Tool.Run([.. run, "--set", "target.scenarios.0.limits.max_params=50%"]);
        Assert.True(tighter.ExitCode == 0, tighter.Error);
        foreach (var (stage, state) in tighter.Json["stages"]!.AsObject())
            Assert.Equal(stage is "init" or "distill" or "score" or "measure" or "couple", (bool)state!["reused"]!);
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

    private static int Files(string folder)
    {
        try
        {
            return Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Count() : 0;
        }
        catch (DirectoryNotFoundException)
        {
            // The run removed a folder of saved states meanwhile.
            return 0;
        }
    }

    private static string Stages(string folder) => !Directory.Exists(folder) ? "" :
        string.Join(' ', Directory.EnumerateDirectories(folder).Where(stage => File.Exists(Path.Combine(stage, "done.json"))).Select(Path.GetFileName).Order());
}
