using Puzzle.Core.Distillation;
using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Tests.Checkpoints;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests.Distillation;

public class ParentStreamTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryLayerSeesWhatTheParentComputes(bool onDisk)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var folder = new TemporaryFolder();
        using var parent = TinyModel.Create(TinyModel.Config());
        var ids = TinyModel.Ids(20, 8);
        using var plain = new ParentActivations(parent, ids);
        using var stream = new ParentStream(parent, ids, folder: onDisk ? folder.Path : null);
        do
        {
            for (var first = 0; first < 20; first += 6)
            {
                var count = Math.Min(6, 20 - first);
                var batch = stream.Take(first, count);
                Near(plain.Input_WTD.narrow(0, first, count), batch.Input_BTD);
                Near(plain.AfterAttention_WTD.narrow(0, first, count), batch.Middle_BTD);
                Near(plain.Output_WTD.narrow(0, first, count), batch.Output_BTD);
            }
        }
        while (stream.Advance() & plain.Advance());

        Assert.Equal(2, stream.Layer);
    }

    [Fact]
    public void AStreamOnDiskGoesOnAtTheLayerWhereItStopped()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var folder = new TemporaryFolder();
        using var parent = TinyModel.Create(TinyModel.Config());
        var ids = TinyModel.Ids(10, 8);
        using (var first = new ParentStream(parent, ids, folder: folder.Path))
        {
            first.Pass();
            first.Advance();
            first.Take(0, 4);
        }

        using var second = new ParentStream(parent, ids, folder: folder.Path, from: 2);
        Assert.Equal(1, second.Layer);
        using var plain = new ParentActivations(parent, ids);
        plain.Advance();
        Near(plain.Output_WTD, second.Take(0, 10).Output_BTD);
        second.Advance();
        Assert.Equal(2, second.Layer);
        Assert.Single(Directory.EnumerateFiles(folder.Path));
    }

    [Fact]
    public void DistillationOnAStreamEqualsThatOnActivationsInMemory()
    {
        using var scope = NewDisposeScope();
        using var parent = TinyModel.Create(TinyModel.Config());
        var ids = TinyModel.Ids(32, 16);
        SubblockSpec[] specs = [new GroupedQuerySpec(1), new SwiGluSpec(32), new LinearFeedForwardSpec()];
        using var activations = new ParentActivations(parent, ids);
        var options = new DistillOptions { Tokens = 28 * 16, BatchWindows = 4, EvaluateEvery = 3 };
        var one = BlockDistiller.Distill(parent, activations, [.. Initialiser.Start(parent, activations, specs)], options);
        using var stream = new ParentStream(parent, ids);
        var two = BlockDistiller.Distill(parent, stream, 4, [.. Initialiser.Start(parent, activations, specs)], options);
        Assert.Equal(one.Select(variant => variant.After), two.Select(variant => variant.After), (a, b) => Math.Abs(a - b) < 1e-5);
    }

    private static void Near(Tensor expected, Tensor found) => Assert.True((expected - found).abs().max().item<float>() < 1e-5);
}
