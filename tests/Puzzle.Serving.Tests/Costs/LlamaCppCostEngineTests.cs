using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Measurement;
using Puzzle.Core.Recipes;
using Puzzle.Core.Variants;
using Puzzle.Serving.Costs.LlamaCpp;
using Puzzle.Serving.Tests.LlamaCpp;

namespace Puzzle.Serving.Tests.Costs;

public class LlamaCppCostEngineTests
{
    private static readonly Scenario Short = new() { Name = "s", BatchCap = 4, PromptTokens = 20, OutputTokens = 8 };

    [Theory]
    [InlineData(ServedType.F32, ServedType.F32)]
    [InlineData(ServedType.Q8_0, ServedType.F16)]
    public void WholeModelsAreTimedInTurnsInTheLibraryItself(ServedType weights, ServedType cache)
    {
        var library = Interop.Library();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var child = TinyModel.Create(TinyModel.Config(new LayerSpec(new GroupedQuerySpec(1), new NoOpFeedForwardSpec()), new LayerSpec(new NoOpAttentionSpec(), new SwiGluSpec(32))));
        var speed = SpeedComparison.Measure(new LlamaCppCostEngine(() => library), parent, child, Short, new MeasureSection { Weights = weights, Cache = cache }, rounds: 3);
        Assert.Equal(("llama_cpp", "s"), (speed.Engine, speed.Scenario));
        Assert.Contains(speed.Parent.Workload.Batch, Short.BatchesToTry());
        Assert.True(speed.Parent.FirstTokenMs > 0 && speed.Parent.TotalMs > speed.Parent.FirstTokenMs);
        Assert.True(speed.Speedup > 0);
    }

    [Fact]
    public void SequencesOfAPassAndLongPromptsAreAllComputed()
    {
        var library = Interop.Library();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var model = new LlamaCppCostEngine(() => library).Load(parent, new MeasureSection());
        foreach (var workload in new Workload[] { new(1, 700, 3), new(7, 100, 2), new(3, 600, 1), new(40, 1, 4) })
        {
            var time = model.Time(workload);
            Assert.Equal(workload, time.Workload);
            Assert.True(time.FirstTokenMs > 0 && time.TotalMs >= time.FirstTokenMs);
        }
    }

    [Fact]
    public void EverySubblockIsTimedUnderEveryWorkloadOnce()
    {
        var library = Interop.Library();
        using var parent = TinyModel.Create(TinyModel.Config());
        Workload[] workloads = [new(1, 40, 10), new(3, 300, 1)];
        SubblockSpec[] specs = [new GroupedQuerySpec(4), new GroupedQuerySpec(1), new LinearAttentionSpec(), new NoOpAttentionSpec(), new SwiGluSpec(64), new NoOpFeedForwardSpec(), new SwiGluSpec(64)];
        var measured = new List<WorkloadCosts>();
        new LlamaCppCostEngine(() => library).Measure(parent, specs, workloads, new MeasureSection { Repeats = 3, Copies = 6 }, measured.Add, default);
        Assert.Equal(workloads, measured.Select(costs => costs.Workload));
        foreach (var costs in measured)
        {
            // llama.cpp cannot leave the network out behind an attention, so its absence costs something; only a whole missing layer is free.
            Assert.Equal(["attn_linear", "ffn_64", "ffn_no_op", "gqa_1", "gqa_4"], costs.Subblocks.Keys.Order());
            Assert.Equal(SubblockCost.Zero, costs.Of(new LayerSpec(new NoOpAttentionSpec(), new NoOpFeedForwardSpec())));
            Assert.True(costs.Fixed.TotalMs(costs.Workload) >= 0);
            Assert.True(costs.PredictMs(parent.Config.Layers) > 0);
        }
    }

    [Fact]
    public void VariantsThatItCannotRunAreRefusedByName()
    {
        using var parent = TinyModel.Create(TinyModel.Config());
        var error = Assert.Throws<RecipeException>(() => new LlamaCppCostEngine(() => null).Measure(
            parent, [new LinearFeedForwardSpec(), new GroupedQuerySpec(4, Window: 8), new SwiGluSpec(64)], [new(1, 8, 8)], new MeasureSection(), _ => { }, default));
        Assert.Contains("cannot run ffn_linear, gqa_4_window_8;", error.Message);
    }

    [Fact]
    public void TheFileThatIsTimedIsGoneAfterwards()
    {
        string path;
        using (var file = new TemporaryGguf(TinyModel.Config(), (_, values) => values.Clear(), StoredType.F32))
            Assert.True(File.Exists(path = file.Path));
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void WhereTheLibraryIsNotThereThePlainReasonIsSaid()
    {
        Assert.Contains("PUZZLE_LLAMA_CPP is not set", new LlamaCppCostEngine(() => null).Unavailable);
        Assert.Contains("linear", new LlamaCppCostEngine(() => null).Problem(TinyModel.Config(new LayerSpec(new GroupedQuerySpec(4), new LinearFeedForwardSpec()))));
    }
}
