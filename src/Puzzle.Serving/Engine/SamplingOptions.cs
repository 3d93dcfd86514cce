using Puzzle.Core.Errors;

namespace Puzzle.Serving.Engine;

/// <summary>How the next token is drawn. The default is greedy.</summary>
public sealed record SamplingOptions
{
    /// <summary>0: always the most likely token.</summary>
    public double Temperature { get; init; }

    /// <summary>Only the so many most likely tokens; 0: all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the most likely tokens whose probabilities add up to this.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Only tokens at least this times as likely as the most likely one.</summary>
    public double MinP { get; init; }

    /// <summary>Logits of tokens that occurred, in the prompt or since, are divided by this where positive, multiplied where negative.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Of the random draws: the same seed, prompt and model give the same text.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether logits are needed at all, or only the index of the largest.</summary>
    public bool IsPlainGreedy => Temperature == 0 && RepetitionPenalty == 1;

    /// <exception cref="RecipeException">A value that means nothing.</exception>
    public void Check()
    {
        if (!(Temperature >= 0) || !double.IsFinite(Temperature))
            throw new RecipeException($"temperature: {Temperature} is not possible; 0 is greedy, 1 samples as trained");
        if (TopK < 0)
            throw new RecipeException($"top-k: {TopK} is not possible; 0 keeps all tokens");
        if (TopP is not (> 0 and <= 1))
            throw new RecipeException($"top-p: {TopP} is not possible; above 0 and at most 1");
        if (MinP is not (>= 0 and <= 1))
            throw new RecipeException($"min-p: {MinP} is not possible; from 0 to 1");
        if (!(RepetitionPenalty > 0) || !double.IsFinite(RepetitionPenalty))
            throw new RecipeException($"repetition-penalty: {RepetitionPenalty} is not possible; 1 is none, larger ones repeat less");
    }
}
