using Puzzle.Core.Data;
using Puzzle.Core.Recipes;
using Puzzle.Core.Tests.Checkpoints;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests.Data;

public class SelfTextTests
{
    [Fact]
    public void SamplesAreSavedReproducibleAndTakenUpWhereTheyStopped()
    {
        using var folder = new TemporaryFolder();
        using var parent = TinyModel.Create(TinyModel.Config());
        var tokenizer = new LetterTokenizer();
        var self = new SelfData { Tokens = 1_500, TopP = 0.9 };
        string Sample(string name, CancellationToken cancellation = default) =>
            SelfText.Sample(parent, tokenizer, self, 24, 5, Path.Combine(folder.Path, name), cancellation: cancellation);
        var one = Files(Sample("one"));
        Assert.Equal(2, one.Length);

        var half = Sample("two");
        File.Delete(Path.Combine(half, "part-00001.jsonl"));
        Assert.Equal(one, Files(Sample("two")));

        var text = TrainingText.Read(new DataSection { Self = self, SequenceLength = 24, HeldOut = 0.1 }, tokenizer, 5, _ => Sample("one"));
        Assert.InRange(text.Train.Count * 24, 1_000, 1_700);
    }

    [Fact]
    public void DrawsFollowTheDistributionAndTopPCutsItsTail()
    {
        using var scope = NewDisposeScope();
        double[] probabilities = [0.1, 0.6, 0.05, 0.25];
        var logits = tensor(probabilities).log().unsqueeze(0);
        double[] Frequencies(double topP)
        {
            const int Draws = 2000;
            var counts = new double[4];
            for (var i = 0; i < Draws; i++)
            {
                using var draw = tensor((i + 0.5) / Draws).unsqueeze(0).unsqueeze(0);
                counts[SelfText.Draw(logits, draw, 1, topP).item<long>()] += 1.0 / Draws;
            }

            return counts;
        }

        Assert.Equal(probabilities, Frequencies(1), Near);
        Assert.Equal([0, 0.6 / 0.85, 0, 0.25 / 0.85], Frequencies(0.8), Near);
        Assert.Equal(1, SelfText.Draw(logits, zeros(1, 1), 0, 1).item<long>());

        static bool Near(double a, double b) => Math.Abs(a - b) < 2e-3;
    }

    private static string[] Files(string folder) => [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllText)];
}
