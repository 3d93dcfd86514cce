using Puzzle.Core.Data;
using Puzzle.Core.Healing;
using Puzzle.Core.Models;
using Puzzle.Core.Tests.Checkpoints;
using Puzzle.Core.Variants;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests.Healing;

public class GlobalDistillerTests
{
    private static readonly HealOptions s_options = new() { Tokens = 12 * 4 * 16, BatchWindows = 4, LearningRate = 3e-3, Temperature = 1.5, ChunkTokens = 24 };

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.0)]
    public void ACachedTeacherTeachesTheSame(double cosine)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var parent = TinyModel.Create(TinyModel.Config());
        var options = s_options with { CosineWeight = cosine };
        double[] Train(bool cached)
        {
            using var child = Child();
            using var trainer = new GlobalDistiller(child, parent, Data(), options, cache: cached ? new TeacherCache(parent, folder.Path, lastOnly: cosine == 0) : null);
            return [.. Enumerable.Range(0, 10).Select(_ => trainer.TrainStep()).SelectMany(step => new[] { step.Kl, step.Cosine })];
        }

        var live = Train(cached: false);
        Assert.Equal(live, Train(cached: true), (a, b) => Math.Abs(a - b) <= 1e-4 * Math.Max(1e-3, Math.Abs(a)));
        var files = Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories).ToArray();
        Assert.Equal(10, files.Length);
        Assert.All(files, file => Assert.Equal(new TeacherCache(parent, folder.Path, cosine == 0).WindowBytes(16), new FileInfo(file).Length));
        Assert.Equal(live, Train(cached: true), (a, b) => Math.Abs(a - b) <= 1e-4 * Math.Max(1e-3, Math.Abs(a)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AStepInPartsIsTheWholeStep(bool padded)
    {
        using var scope = NewDisposeScope();
        using var parent = TinyModel.Create(TinyModel.Config());
        (Transformer Child, HealStep Last) Train(int parts)
        {
            var child = Child();
            using var trainer = new GlobalDistiller(child, parent, padded ? Padded() : Data(), s_options with { Accumulate = parts, LmWeight = 0.5 });
            trainer.TrainStep();
            return (child, trainer.TrainStep());
        }

        var (whole, parts) = (Train(1), Train(3));
        Assert.Equal(whole.Last.Kl, parts.Last.Kl, 1e-4);
        Assert.Equal(whole.Last.Cosine, parts.Last.Cosine, 1e-4);
        Assert.Equal(whole.Last.Lm, parts.Last.Lm, 1e-4);
        foreach (var (one, two) in whole.Child.Parameters.Zip(parts.Child.Parameters))
            Assert.True((one - two).abs().max().item<float>() < 2e-4);
        whole.Child.Dispose();
        parts.Child.Dispose();
    }

    [Fact]
    public void HealingGoesOnBitByBitWhereItStopped()
    {
        using var scope = NewDisposeScope();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var whole = Child();
        using (var trainer = new GlobalDistiller(whole, parent, Data(), s_options))
        {
            while (trainer.Step < trainer.Steps)
                trainer.TrainStep();
        }

        using var half = Child();
        using var first = new GlobalDistiller(half, parent, Data(), s_options);
        for (var step = 0; step < 5; step++)
            first.TrainStep();
        using var resumed = half.Clone();
        using var second = new GlobalDistiller(resumed, parent, Data(), s_options);
        using (no_grad())
        {
            foreach (var (to, from) in second.State().Zip(first.State()))
                to.Value.copy_(from.Value);
        }

        second.Resume(5);
        while (second.Step < second.Steps)
            second.TrainStep();
        foreach (var (a, b) in whole.Named().Zip(resumed.Named()))
            Assert.True(a.Value.allclose(b.Value, 0, 0), a.Key);
    }

    [Fact]
    public void PaddingTeachesNothing()
    {
        using var scope = NewDisposeScope();
        using var parent = TinyModel.Create(TinyModel.Config());
        double[] Train(int padding)
        {
            using var child = Child();
            var ids = Enumerable.Range(0, 160).Select(i => i % 16 < 10 ? (i * 31 + 7) % 96 : padding).ToArray();
            var data = new TokenWindows(ids, 16, new WindowMix([new WindowGroup(0, 10, 1)], 1, shuffle: true), [.. Enumerable.Range(0, 160).Select(i => i % 16 >= 10)]);
            using var trainer = new GlobalDistiller(child, parent, data, s_options with { LmWeight = 0.5 });
            return [.. Enumerable.Range(0, 5).Select(_ => trainer.TrainStep()).SelectMany(step => new[] { step.Kl, step.Cosine, step.Lm })];
        }

        Assert.Equal(Train(2), Train(60), (a, b) => Math.Abs(a - b) <= 1e-5 * Math.Abs(a));
    }

    private static TokenWindows Data() => new([.. Enumerable.Range(0, 160).Select(i => ((i * 7919) ^ (i * i)) % 96)], 16, 5);

    // Every window ends in padding, each in another length.
    private static TokenWindows Padded() => new([.. Enumerable.Range(0, 160).Select(i => (i * 31) % 96)], 16, new WindowMix([new WindowGroup(0, 10, 1)], 5, shuffle: true),
        [.. Enumerable.Range(0, 160).Select(i => i % 16 > 6 + (i / 16))]);

    private static Transformer Child() => TinyModel.Create(TinyModel.Config([.. Enumerable.Repeat(new LayerSpec(new GroupedQuerySpec(2), new SwiGluSpec(24)), 3)]), seed: 9);
}
