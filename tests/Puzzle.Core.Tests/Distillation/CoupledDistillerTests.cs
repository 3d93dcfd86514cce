using Puzzle.Core.Distillation;
using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests.Distillation;

public class CoupledDistillerTests
{
    private static readonly DistillOptions s_options = new() { Tokens = 20 * 8 * 16, EvaluateEvery = 5, LearningRate = 2e-3, BlockTarget = true, GoodEnough = 0 };

    [Fact]
    public void WithOneSideFrozenItIsTheDecoupledTraining()
    {
        using var scope = NewDisposeScope();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var activations = new ParentActivations(parent, TinyModel.Ids(32, 16));
        SubblockSpec[] specs = [new GroupedQuerySpec(1), new SwiGluSpec(24)];
        var decoupled = BlockDistiller.Distill(parent, activations, [.. Initialiser.Start(parent, activations, specs, Initialiser.Paper)], s_options);
        var started = Initialiser.Start(parent, activations, specs, Initialiser.Paper).ToArray();
        var coupled = CoupledDistiller.Distill(
            activations,
            [
                new CoupledPair(started[0].Subblock, parent.Blocks[0].FeedForward, TrainFeedForward: false),
                new CoupledPair(parent.Blocks[0].Attention, started[1].Subblock, TrainAttention: false),
            ],
            s_options);
        foreach (var (one, two) in decoupled.Zip(coupled))
        {
            Assert.Equal(one.Before, two.Before, 1e-4 * one.Before);
            Assert.Equal(one.After, two.After, 1e-3 * one.After);
            Assert.True(two.After < two.Before);
        }
    }

    [Fact]
    public void TogetherTheSubblocksReachALowerLossThanEachForItself()
    {
        using var scope = NewDisposeScope();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var activations = new ParentActivations(parent, TinyModel.Ids(64, 16));
        SubblockSpec[] specs = [new GroupedQuerySpec(1), new SwiGluSpec(24)];
        var alone = BlockDistiller.Distill(parent, activations, [.. Initialiser.Start(parent, activations, specs, Initialiser.Paper)], s_options);
        var composed = CoupledDistiller.Distill(activations, [new CoupledPair(alone[0].Subblock, alone[1].Subblock, false, false)], s_options).Single();
        var started = Initialiser.Start(parent, activations, specs, Initialiser.Paper).ToArray();
        var coupled = CoupledDistiller.Distill(activations, [new CoupledPair(started[0].Subblock, started[1].Subblock)], s_options).Single();
        Assert.True(coupled.After < composed.After, $"{coupled.After} against {composed.After}");
    }
}
