using System.ComponentModel.DataAnnotations;

namespace Puzzle.Core.Recipes;

/// <summary>How much the whole model suffers from each variant: replace one, keep the rest of the parent.</summary>
public sealed record ScoreSection
{
    /// <summary>kl: KL(parent || child) of the next token (the paper). lm_loss, top_1 (agreement), or task: questions that whole models answer, every variant in its place.</summary>
    public ScoreMetric Metric { get; init; } = ScoreMetric.Kl;

    /// <summary>
    /// The task whose score counts, for metric: task: a name, or a file. Its shots, limit and data are those of section evaluate;
    /// what chooses the child should not be what it is judged by.
    /// </summary>
    [RecipePath(OrName = true)]
    public string? Task { get; init; }

    /// <summary>Validation tokens to score on.</summary>
    [Range(16.0, 1e10)]
    public TokenCount Tokens { get; init; } = 16_384;

    /// <summary>Tokens per sequence. Default: the data's sequence length.</summary>
    [Range(8, 1_048_576)]
    public int? SequenceLength { get; init; }

    /// <summary>compose: score subblocks and compose block scores by a norm fitted on measured pairs. pairs: score every pair.</summary>
    public ScoreMode Mode { get; init; } = ScoreMode.Compose;

    /// <summary>Pairs measured to fit the norm.</summary>
    [Range(0, 10_000)]
    public int FitPairs { get; init; } = 24;

    /// <summary>Whether blocks that a solution uses are scored exactly, and the search repeated until it is stable.</summary>
    public bool Rescore { get; init; } = true;
}

/// <summary>What a score counts.</summary>
public enum ScoreMetric
{
    /// <summary>KL divergence from the parent, nats a token.</summary>
    Kl,

    /// <summary>Cross-entropy of the next token, nats.</summary>
    LmLoss,

    /// <summary>How often the most probable token is the parent's.</summary>
    [System.Text.Json.Serialization.JsonStringEnumMemberName("top_1")]
    Top1,

    /// <summary>An evaluation task's score.</summary>
    Task,
}

/// <summary>Which blocks are scored.</summary>
public enum ScoreMode
{
    /// <summary>m + n subblocks a layer.</summary>
    Compose,

    /// <summary>m x n pairs a layer.</summary>
    Pairs,
}
