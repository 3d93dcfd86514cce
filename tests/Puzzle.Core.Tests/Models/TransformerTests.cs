using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests.Models;

public class TransformerTests
{
    private static readonly LayerSpec[] s_mixed =
    [
        new(new GroupedQuerySpec(8), new SwiGluSpec(48)),
        new(new NoOpAttentionSpec(), new LinearFeedForwardSpec()),
        new(new GroupedQuerySpec(2, Window: 5, Sinks: 2), new NoOpFeedForwardSpec()),
        new(new LinearAttentionSpec(), new SwiGluSpec(16)),
        new(new GroupedQuerySpec(1), new SwiGluSpec(64)),
    ];

    [Fact]
    public void AModelOfTheParentsOwnSubblocksIsBitEqual()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var child = parent.Clone();
        var ids = TinyModel.Ids(2, 17);
        Assert.True(parent.Forward(ids).data<float>().SequenceEqual(child.Forward(ids).data<float>()));
    }

    [Fact]
    public void CachedStepsGiveTheLogitsOfOnePass()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = TinyModel.Create(TinyModel.Config(s_mixed));
        var ids = TinyModel.Ids(3, 20);
        var whole = model.Forward(ids);
        using var cache = new KvCache(model.Config, 3, 20);
        var parts = new[] { (0, 7), (7, 1), (8, 1), (9, 6), (15, 5) }.Select(part => model.Forward(ids.narrow(1, part.Item1, part.Item2), null, cache)).ToArray();
        AssertClose(whole, cat(parts, 1), 1e-4);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void PaddedRowsGiveTheLogitsOfTheRowAlone(bool left)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = TinyModel.Create(TinyModel.Config(s_mixed));
        var row = TinyModel.Ids(1, 12);
        var padding = zeros([1, 5], ScalarType.Int64);
        var padded = left ? cat([padding, row], 1) : cat([row, padding], 1);
        var valid = left ? cat([zeros([1, 5], ScalarType.Bool), ones([1, 12], ScalarType.Bool)], 1) : cat([ones([1, 12], ScalarType.Bool), zeros([1, 5], ScalarType.Bool)], 1);
        var batch = cat([padded, TinyModel.Ids(1, 17, 9)]);
        var logits = model.Forward(batch, cat([valid, ones([1, 17], ScalarType.Bool)]));
        AssertClose(model.Forward(row), logits.narrow(0, 0, 1).narrow(1, left ? 5 : 0, 12), 1e-4);
        AssertClose(model.Forward(TinyModel.Ids(1, 17, 9)), logits.narrow(0, 1, 1), 1e-4);
    }

    [Fact]
    public void PaddedRowsContinueFromTheCache()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = TinyModel.Create(TinyModel.Config(s_mixed));
        var ids = TinyModel.Ids(1, 16);
        var prompt = cat([cat([ids.narrow(1, 0, 9), zeros([1, 3], ScalarType.Int64)], 1), TinyModel.Ids(1, 12, 3)]);
        var valid = ones([2, 12], ScalarType.Bool);
        valid[0, 9..] = tensor(false);
        using var cache = new KvCache(model.Config, 2, 24);
        model.Forward(prompt, valid, cache);
        var next = cat([ids.narrow(1, 9, 7), TinyModel.Ids(1, 7, 5)]);
        var steps = Enumerable.Range(0, 7).Select(t => model.Forward(next.narrow(1, t, 1), null, cache)).ToArray();
        AssertClose(model.Forward(ids).narrow(1, 9, 7), cat(steps, 1).narrow(0, 0, 1), 1e-4);
    }

    [Fact]
    public void ParameterCountsFollowFromTheArchitecture()
    {
        using var model = TinyModel.Create(TinyModel.Config(s_mixed));
        Assert.Equal(VariantCatalogue.BlockParameters(model.Config), model.BlockParameterCount);
        Assert.Equal(VariantCatalogue.Parameters(model.Config), model.ParameterCount);
    }

    private static void AssertClose(Tensor expected, Tensor actual, double tolerance)
    {
        var difference = (expected - actual).abs().max().item<float>();
        Assert.True(difference <= tolerance, $"largest difference {difference}");
    }
}
