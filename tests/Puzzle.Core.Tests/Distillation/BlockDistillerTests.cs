using Puzzle.Core.Distillation;
using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests.Distillation;

public class BlockDistillerTests
{
    private static readonly SubblockSpec[] s_specs = [new GroupedQuerySpec(1), new LinearAttentionSpec(), new SwiGluSpec(32), new LinearFeedForwardSpec()];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TrainingLowersTheHeldOutLossOfEveryVariant(bool blockTarget)
    {
        using var scope = NewDisposeScope();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var activations = new ParentActivations(parent, TinyModel.Ids(64, 16));
        activations.Advance();
        var started = Initialiser.Start(parent, activations, s_specs, "paper").ToArray();
        Assert.Equal(s_specs.Length, started.Length);
        var distilled = BlockDistiller.Distill(parent, activations, started, new DistillOptions { Tokens = 16_384, BlockTarget = blockTarget, LearningRate = 3e-3 });
        foreach (var variant in distilled)
        {
            Assert.True(variant.Trained);
            Assert.True(variant.After < variant.Before, $"{variant.Subblock.Spec.Id}: {variant.Before} -> {variant.After}");
        }
    }

    [Fact]
    public void VariantsTrainedTogetherEqualThoseTrainedAlone()
    {
        using var scope = NewDisposeScope();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var activations = new ParentActivations(parent, TinyModel.Ids(16, 16));
        var options = new DistillOptions { Tokens = 1024 };
        var together = BlockDistiller.Distill(parent, activations, [.. Initialiser.Start(parent, activations, s_specs)], options);
        foreach (var (spec, joint) in s_specs.Zip(together))
        {
            var alone = BlockDistiller.Distill(parent, activations, [.. Initialiser.Start(parent, activations, [spec])], options).Single();
            Assert.Equal(alone.After, joint.After, 1e-5);
        }
    }

    [Fact]
    public void TheBestStartIsNeverWorseThanThePapers()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var activations = new ParentActivations(parent, TinyModel.Ids(64, 16));
        do
        {
            var paper = Initialiser.Start(parent, activations, s_specs, "paper").ToArray();
            var best = Initialiser.Start(parent, activations, s_specs).ToArray();
            foreach (var (plain, chosen) in paper.Zip(best))
                Assert.True(chosen.Error <= plain.Error + 1e-9, $"{chosen.Subblock.Spec.Id} {chosen.Start} {chosen.Error} > {plain.Error}");
        }
        while (activations.Advance());
    }

    [Fact]
    public void TheFullWidthKeptBySecondOrderRemovalIsTheParentsFunction()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var activations = new ParentActivations(parent, TinyModel.Ids(64, 16));
        var started = Initialiser.Start(parent, activations, [new SwiGluSpec(63)], "second_order").Single();
        Assert.True(started.Error < 0.02, $"{started.Error}");
    }
}
