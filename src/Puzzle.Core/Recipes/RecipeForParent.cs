using Puzzle.Core.Models;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Recipes;

/// <summary>Sensible settings for a parent that nobody wrote a recipe for, from its size, this machine and the time there is.</summary>
public static class RecipeForParent
{
    /// <summary>A recipe.</summary>
    /// <param name="path">The parent as the user names it.</param>
    /// <param name="parent">Its architecture.</param>
    /// <param name="limits">What the child must keep to.</param>
    /// <param name="data">Text to use; none means text sampled from the parent.</param>
    /// <param name="budget">Wall time for all stages, or null for what the size suggests.</param>
    /// <param name="memoryBytes">What the machine has free.</param>
    public static Recipe Choose(string path, ModelConfig parent, Limits limits, IReadOnlyList<string> data, TimeSpan? budget, long memoryBytes)
    {
        var parameters = VariantCatalogue.Parameters(parent);
        var sequence = Math.Clamp(parent.MaxPositionEmbeddings, 8, parameters > 20_000_000 ? 512 : 256);
        var (calibration, distill, heal, score) = TokensFor(parameters);
        // What is left of a budget after statistics, scores, measurements and evaluation is shared by the two trainings.
        double? Minutes(double share) => budget is { } time ? Math.Max(0.05, time.TotalMinutes * share) : null;
        TokenCount? Tokens(long count) => budget is null ? new TokenCount(count) : null;
        var step = Math.Max(1, (parameters > 20_000_000 ? 4_096 : 8_192) / sequence) * sequence;
        return new Recipe
        {
            Parent = path,
            Data = new DataSection
            {
                Sources = [.. data.Select(source => new DataSource { Path = source })],
                Self = data.Count > 0 ? null : new SelfData { Tokens = Math.Max(200_000, calibration * 4) },
                SequenceLength = sequence,
            },
            Init = new InitSection { Tokens = calibration },
            Distill = new DistillSection
            {
                Tokens = Tokens(distill),
                Minutes = Minutes(0.4),
                TokensPerStep = step,
                LearningRate = parameters > 20_000_000 ? 5e-4 : 1e-3,
                MemoryGib = Math.Round(Math.Clamp(memoryBytes / 2.0 / 1073741824, 0.5, 512), 1),
            },
            Heal = new HealSection
            {
                Tokens = Tokens(heal),
                Minutes = Minutes(0.3),
                TokensPerStep = step,
                LearningRate = parameters > 20_000_000 ? 3e-4 : 1e-3,
            },
            Score = new ScoreSection { Tokens = score },
            Target = new TargetSection
            {
                Scenarios = [new Scenario { PromptTokens = Math.Min(128, sequence / 2), OutputTokens = Math.Min(128, sequence / 2), BatchCap = 32, Limits = limits }],
            },
        };
    }

    // Calibration, distillation, healing and scoring: larger parents cost more a token, so they get fewer on the same machine.
    private static (long Calibration, long Distill, long Heal, long Score) TokensFor(long parameters) => parameters switch
    {
        < 3_000_000 => (32_768, 2_000_000, 4_000_000, 16_384),
        < 30_000_000 => (65_536, 1_000_000, 2_000_000, 16_384),
        < 300_000_000 => (65_536, 262_144, 524_288, 4_096),
        < 3_000_000_000 => (65_536, 4_000_000, 16_000_000, 32_768),
        _ => (131_072, 50_000_000, 200_000_000, 65_536),
    };
}
