using Puzzle.Core.Checkpoints;
using Puzzle.Core.Variants;

namespace Puzzle.Cli.Tests;

public sealed class ExportTests : IDisposable
{
    private readonly TinyParent _parent = new();

    public void Dispose() => _parent.Dispose();

    [Fact]
    public void ARunWritesItsChildInEveryFormatAndLinearNetworksAsSwiGluInGguf()
    {
        var output = _parent.PathOf("out");
        var run = Tool.Run(
            "run", _parent.PathOf("recipe.yaml"), "--set", $"output={output}", "--set", "heal.tokens=0", "--set", "target.scenarios.0.limits={max_params: 1000000}",
            "--set", "solve.pins=[{layer: 1, ffn: linear}]", "--set", "export={targets: [llama_cpp], linear_ffn: distill, formats: [anymodel, {format: gguf, dtype: f32}, {format: gguf, dtype: q8_0}]}", "--json");
        Assert.True(run.ExitCode == 0, run.Error);
        using (var child = CheckpointFile.Open(Path.Combine(output, "child")))
            Assert.IsType<LinearFeedForwardSpec>(child.Config.Layers[1].FeedForward);
        using var gguf = GgufFile.Open(Path.Combine(output, "export", "gguf-f32.gguf"));
        Assert.IsType<SwiGluSpec>(gguf.Config.Layers[1].FeedForward);
        Assert.Contains("became SwiGLU networks of width 32", File.ReadAllText(Path.Combine(output, "export", "gguf-f32.md")), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(output, "export", "anymodel", "config.json")));
    }

    [Fact]
    public void TheVerbTurnsLinearNetworksIntoSwiGluOnRequest()
    {
        var output = _parent.PathOf("out");
        Assert.Equal(0, Tool.Run("run", _parent.PathOf("recipe.yaml"), "--set", $"output={output}", "--set", "heal.tokens=0", "--set", "target.scenarios.0.limits={max_params: 1000000}", "--set", "solve.pins=[{layer: 0, attention: gqa_4}, {layer: 1, ffn: linear}]").ExitCode);
        var (child, file) = (Path.Combine(output, "child"), _parent.PathOf("child.gguf"));
        var refused = Tool.Run("export", "gguf", child, file);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("--distill-linear TEXT", refused.Error, StringComparison.Ordinal);
        Assert.Equal(3, Tool.Run("export", "gguf", child, file, "--distill-linear", _parent.PathOf("absent.txt")).ExitCode);
        Assert.Equal(2, Tool.Run("export", "hf", child, _parent.PathOf("hf"), "--distill-linear", _parent.PathOf("stories.txt")).ExitCode);
        var done = Tool.Run("export", "gguf", child, file, "--distill-linear", _parent.PathOf("stories.txt"));
        Assert.True(done.ExitCode == 0, done.Error);
        Assert.Contains("became SwiGLU networks", done.Output, StringComparison.Ordinal);
        using var written = GgufFile.Open(file);
        Assert.IsType<SwiGluSpec>(written.Config.Layers[1].FeedForward);
    }
}
