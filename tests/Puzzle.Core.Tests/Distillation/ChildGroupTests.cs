using Puzzle.Core.Distillation;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests.Distillation;

/// <summary>The passes that are worked out by hand, held against autograd.</summary>
public class ChildGroupTests
{
    [Theory]
    [InlineData(SubblockKind.Attention, false)]
    [InlineData(SubblockKind.Attention, true)]
    [InlineData(SubblockKind.FeedForward, false)]
    [InlineData(SubblockKind.FeedForward, true)]
    public void GradientsAreThoseOfAutograd(SubblockKind kind, bool blockTarget)
    {
        using var scope = NewDisposeScope();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var activations = new ParentActivations(parent, TinyModel.Ids(4, 12));
        activations.Advance();
        var batch = new LayerBatch(activations.Input_WTD, activations.AfterAttention_WTD, activations.Output_WTD, null);
        SubblockSpec[] specs = kind == SubblockKind.Attention
            ? [new GroupedQuerySpec(2), new LinearAttentionSpec(), new GroupedQuerySpec(1, 5, 1)]
            : [new SwiGluSpec(24), new LinearFeedForwardSpec(), new SwiGluSpec(40)];
        var modules = specs.Select(spec => TinyModel.Subblock(spec, parent)).ToArray();
        var options = new DistillOptions { BlockTarget = blockTarget, PerToken = true };
        var block = parent.Blocks[1];
        var loss = new ChildLoss(kind, block, 1, options, ChildLoss.Floor(kind, options, batch));
        var frame = new ChildFrame(kind, 1, block[kind].Parameters[0], parent.Config.RmsNormEps, loss, activations.Context);
        using var group = ChildGroup.Of(frame, [.. modules.Select((module, i) => new Child(i, module, 1))], options);
        var (target, weights, power) = loss.Of(batch);
        var losses = zeros(3);
        for (var window = 0; window < 4; window += 2)
            losses.add_(group.Losses(batch.Part(window, 2), target.narrow(0, window, 2), weights.narrow(0, window, 2), power, train: true));

        for (var i = 0; i < specs.Length; i++)
        {
            modules[i].RequireGrad(true);
            var input = batch.InputOf(kind);
            var output = input + modules[i].Delta(input, activations.Context, 1)!;
            var expected = batch.Middle_BTD;
            if (blockTarget)
            {
                if (kind == SubblockKind.Attention)
                    output = output + block.FeedForward.Delta(output, activations.Context, 1)!;
                expected = batch.Output_BTD;
            }
            else if (kind == SubblockKind.FeedForward)
            {
                expected = batch.Output_BTD;
            }

            var plain = ((output - expected).square() * weights).sum() / power;
            plain.backward();
            Assert.Equal(plain.item<float>(), losses[i].item<float>(), 1e-5 * plain.item<float>());
            var matrices = modules[i].Parameters.Where(parameter => parameter.dim() > 1).Select(parameter => parameter.grad!).ToArray();
            var own = group.Children[i].Matrices.Select(matrix => matrix.Gradient).ToArray();
            if (own.Length == 3)
                own = [cat([own[0], own[1]]), own[2]];
            Assert.Equal(matrices.Length, own.Length);
            foreach (var (a, b) in matrices.Zip(own))
                Assert.True((a - b).abs().max().item<float>() <= 1e-4 * a.abs().max().item<float>(), $"{specs[i]}: {(a - b).abs().max().item<float>()} of {a.abs().max().item<float>()}");
            modules[i].Dispose();
        }
    }

    [Fact]
    public void AChildWithANormOfItsOwnKeepsItsFunctionInTheGroup()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var activations = new ParentActivations(parent, TinyModel.Ids(2, 8));
        var batch = new LayerBatch(activations.Input_WTD, activations.AfterAttention_WTD, activations.Output_WTD, null);
        using var module = TinyModel.Subblock(new SwiGluSpec(24), parent);
        module.Parameters[0].mul_(rand(32) + 0.5);
        var before = module.Delta(batch.Middle_BTD, activations.Context, 0)!;
        var options = new DistillOptions();
        var loss = new ChildLoss(SubblockKind.FeedForward, parent.Blocks[0], 0, options, 1);
        var frame = new ChildFrame(SubblockKind.FeedForward, 0, parent.Blocks[0].FeedForward.Parameters[0], parent.Config.RmsNormEps, loss, activations.Context);
        var child = new Child(0, module, 1);
        using var group = ChildGroup.Of(frame, [child], options);
        group.Save(child);
        Assert.True((module.Delta(batch.Middle_BTD, activations.Context, 0)! - before).abs().max().item<float>() < 1e-4);
        Assert.True(module.Parameters[0].allclose(parent.Blocks[0].FeedForward.Parameters[0], 0, 0));
    }
}
