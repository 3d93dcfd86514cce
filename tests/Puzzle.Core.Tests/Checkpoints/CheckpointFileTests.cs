using Puzzle.Core.Checkpoints;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Tests.Checkpoints;

public class CheckpointFileTests
{
    [Theory]
    [InlineData("smollm2-135m-instruct", 30, 576, 9, 3, 1536, 49152, true)]
    [InlineData("stories260K", 5, 64, 8, 4, 172, 512, false)]
    [InlineData("tinystories-656K", 2, 128, 8, 4, 384, 2048, true)]
    public void RealModelsAreReadWhole(string name, int layers, int hidden, int heads, int kvHeads, int width, int vocabulary, bool tied)
    {
        using var model = CheckpointFile.Open(Shared.Path("models", name));
        Assert.Equal((layers, hidden, heads, vocabulary, tied), (model.Config.Layers.Count, model.Config.HiddenSize, model.Config.Heads, model.Config.VocabSize, model.Config.TieWordEmbeddings));
        Assert.All(model.Config.Layers, layer => Assert.Equal(new(new GroupedQuerySpec(kvHeads), new SwiGluSpec(width)), layer));
        foreach (var (tensor, info) in model.Tensors)
            model.Read(tensor, new float[info.Count]);
        Assert.True(model.Has("lm_head.weight"));
        Assert.Equal(64, model.ContentHash.Length);
    }

    [Fact]
    public void ATensorStoredUnderAnotherNameIsFoundByItsAlias()
    {
        using var model = CheckpointFile.Open(Shared.Path("models", "tinystories-656K"));
        Assert.Contains(WeightLayout.Embedding, model.Tensors.Keys);
        Assert.DoesNotContain(WeightLayout.Head, model.Tensors.Keys);
        var (embedding, head) = (new float[2048 * 128], new float[2048 * 128]);
        model.Read(WeightLayout.Embedding, embedding);
        model.Read(WeightLayout.Head, head);
        Assert.Equal(head, embedding);
        Assert.Contains(embedding, value => value != 0);
    }
}
