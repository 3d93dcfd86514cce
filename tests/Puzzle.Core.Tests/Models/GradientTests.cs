using Puzzle.Core.Variants;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests.Models;

public class GradientTests
{
    [Fact]
    public void GradientsOfEveryWeightEqualFiniteDifferences()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Create(TinyModel.Config(
            new LayerSpec(new GroupedQuerySpec(8), new SwiGluSpec(48)),
            new LayerSpec(new GroupedQuerySpec(2, Window: 5), new LinearFeedForwardSpec()),
            new LayerSpec(new LinearAttentionSpec(), new SwiGluSpec(16))));
        var ids = TinyModel.Ids(2, 12);
        model.RequireGrad(true);
        // The fused operators are specialised after their first runs, so the third run's gradients count.
        for (var run = 0; run < 3; run++)
        {
            foreach (var parameter in model.Parameters)
                parameter.grad?.zero_();
            Loss().backward();
        }

        foreach (var parameter in model.Parameters)
        {
            using var noGrad = no_grad();
            manual_seed(3);
            var direction = randn_like(parameter, requires_grad: false);
            direction /= direction.norm();
            const double step = 2e-2;
            parameter.add_(direction * step);
            var above = Loss().item<float>();
            parameter.sub_(direction * (2 * step));
            var below = Loss().item<float>();
            parameter.add_(direction * step);
            var expected = (above - below) / (2 * step);
            var actual = (parameter.grad! * direction).sum().item<float>();
            Assert.True(Math.Abs(expected - actual) <= 2e-3 + 0.03 * Math.Abs(expected), $"[{string.Join(", ", parameter.shape)}]: finite difference {expected}, gradient {actual}");
        }

        Tensor Loss() => nn.functional.cross_entropy(model.Forward(ids).narrow(1, 0, 11).flatten(0, 1), ids.narrow(1, 1, 11).flatten());
    }
}
