namespace Puzzle.Cli.Tests;

public sealed class CompressTests : IDisposable
{
    private readonly TinyParent _parent = new();

    public void Dispose() => _parent.Dispose();

    private string[] Command(params string[] rest) =>
    [
        "compress", _parent.PathOf("parent"), _parent.PathOf("out"), "--params", "70%", .. rest,
        "--set", "threads=1", "--set", "init.tokens=1K", "--set", "distill.tokens=2K", "--set", "score.tokens=512", "--set", "measure.repeats=1",
        "--set", "heal.tokens=4K", "--set", "evaluate.tokens=512", "--set", "evaluate.repeats=1", "--set", "data.sequence_length=32", "--json",
    ];

    [Fact]
    public void AModelIsCompressedWithoutARecipeFileAndTheRecipeLiesBesideTheChild()
    {
        var first = Tool.Run(Command("--data", _parent.PathOf("stories.txt")));
        Assert.True(first.ExitCode == 0, first.Error);
        Assert.Equal("done", first.Json["status"]!.GetValue<string>());
        Assert.True(File.Exists(Path.Combine(first.Json["child"]!.GetValue<string>(), "model.safetensors")));
        Assert.True(File.Exists(first.Json["report"]!.GetValue<string>()));
        Assert.True(first.Json["child_stats"]!["block_params"]!.GetValue<long>() <= 0.7 * first.Json["parent"]!["block_params"]!.GetValue<long>());
        Assert.Empty(first.Json["missed"]!.AsArray());

        // The recipe beside the child is the same run.
        var check = Tool.Run("check", _parent.PathOf("out/recipe.yaml"));
        Assert.True(check.ExitCode == 0, check.Error);

        var child = TinyParent.Bytes(first.Json["child"]!.GetValue<string>());
        var second = Tool.Run(Command("--data", _parent.PathOf("stories.txt")));
        Assert.Equal(0, second.ExitCode);
        Assert.Equal(child, TinyParent.Bytes(second.Json["child"]!.GetValue<string>()));
        Assert.DoesNotContain("distill 1", second.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutTextTheParentWritesItsOwn()
    {
        var run = Tool.Run(Command("--set", "data.self.tokens=4K"));
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.True(File.Exists(Path.Combine(run.Json["child"]!.GetValue<string>(), "model.safetensors")));
    }

    [Fact]
    public void ALimitIsNeeded()
    {
        var run = Tool.Run("compress", _parent.PathOf("parent"), _parent.PathOf("out"));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("compress needs a limit", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_parent.PathOf("out")));
    }
}
