using Puzzle.Core.Distillation;
using Puzzle.Core.Library;
using Puzzle.Core.Recipes;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Tests.Distillation;

public class PairChoiceTests
{
    private static readonly GroupedQuerySpec s_own = new(4);
    private static readonly GroupedQuerySpec s_two = new(2);
    private static readonly LinearAttentionSpec s_linear = new();
    private static readonly NoOpAttentionSpec s_noAttention = new();
    private static readonly SwiGluSpec s_wide = new(64);
    private static readonly SwiGluSpec s_narrow = new(32);
    private static readonly NoOpFeedForwardSpec s_noFeedForward = new();
    private static readonly LayerChoices s_choices = new([s_own, s_two, s_linear, s_noAttention], [s_wide, s_narrow, s_noFeedForward]);

    [Fact]
    public void AllPairsAreThoseOfOtherSubblocksWithSomethingToTrain() =>
        Assert.Equal(
            [new(s_two, s_narrow), new(s_two, s_noFeedForward), new(s_linear, s_narrow), new(s_linear, s_noFeedForward), new LayerSpec(s_noAttention, s_narrow)],
            PairChoice.All([s_choices])[0]);

    [Fact]
    public void TheLibraryShrinksToWhatSolutionsUseTheMost()
    {
        LayerSpec[][] solutions =
        [
            [new(s_two, s_narrow), new(s_own, s_wide)],
            [new(s_linear, s_narrow), new(s_linear, s_wide)],
            [new(s_two, s_noFeedForward), new(s_own, s_narrow)],
        ];
        var pairs = PairChoice.Used([s_choices, s_choices], solutions, new ShrinkSettings { Attention = 2, Ffn = 1 });
        // Layer 0: gqa_2 in two solutions, linear in one; the narrow one in two, the no-op in one.
        Assert.Equal([new LayerSpec(s_two, s_narrow), new LayerSpec(s_linear, s_narrow)], pairs[0]);
        // Layer 1: the parent's own is the most used of both, and beside it nothing is trained.
        Assert.Empty(pairs[1]);

        pairs = PairChoice.Used([s_choices, s_choices], solutions, new ShrinkSettings { Attention = 2, Ffn = 2 });
        Assert.Equal([new(s_two, s_narrow), new(s_two, s_noFeedForward), new(s_linear, s_narrow), new LayerSpec(s_linear, s_noFeedForward)], pairs[0]);
        Assert.Equal([new LayerSpec(s_linear, s_narrow)], pairs[1]);
    }

    [Fact]
    public void OneOfManyThatAreUsedEquallyIsTheOneUsedElsewhere()
    {
        LayerSpec[][] solutions = [[new(s_two, s_narrow), new(s_linear, s_narrow)], [new(s_linear, s_narrow), new(s_linear, s_narrow)]];
        var pairs = PairChoice.Used([s_choices, s_choices], solutions, new ShrinkSettings { Attention = 1, Ffn = 1 });
        Assert.Equal([new LayerSpec(s_linear, s_narrow)], pairs[0]);
    }
}
