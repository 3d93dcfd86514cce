using Puzzle.Core.Healing;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests.Healing;

public class TokenLossesTests
{
    [Fact]
    public void ChunkedLossesAndTheirGradientsEqualPlainAutograd()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Create(TinyModel.Config());
        using var teacher = TinyModel.Create(TinyModel.Config(), seed: 5);
        var ids = TinyModel.Ids(12, 100);
        var targets = cat([ids.narrow(1, 1, 99), full([12, 1], -100, ScalarType.Int64)], 1);
        Tensor teacherLogits;
        using (no_grad())
            teacherLogits = teacher.Forward(ids).flatten(0, 1);
        model.RequireGrad(true);

        var logits = model.Logits(model.Hidden(ids)).flatten(0, 1);
        var p = nn.functional.log_softmax(teacherLogits / 2, -1);
        var kl = (p.exp() * (p - nn.functional.log_softmax(logits / 2, -1))).sum(-1).mean();
        var lm = nn.functional.cross_entropy(logits, targets.flatten());
        (0.7 * kl + 0.3 * lm).backward();
        var expected = model.Parameters.Select(parameter => parameter.grad!.clone()).ToArray();
        foreach (var parameter in model.Parameters)
            parameter.grad!.zero_();

        var (surrogate, klValue, lmValue) = TokenLosses.Compute(model, model.Hidden(ids), (first, count) => teacherLogits.narrow(0, first, count), targets, null, 0.7, 0.3, temperature: 2);
        surrogate.backward();
        Assert.Equal(kl.item<float>(), klValue, 1e-5);
        Assert.Equal(lm.item<float>(), lmValue, 1e-5);
        foreach (var (parameter, gradient) in model.Parameters.Zip(expected))
            Assert.True((parameter.grad! - gradient).abs().max().item<float>() <= 1e-5 * Math.Max(1, gradient.abs().max().item<float>()));
    }
}
