namespace Puzzle.Core.Pretraining;

/// <summary>A small Llama trained from nothing on generated stories.</summary>
public sealed record PretrainOptions
{
    public int HiddenSize { get; init; } = 128;

    public int Layers { get; init; } = 8;

    public int Heads { get; init; } = 8;

    public int KvHeads { get; init; } = 8;

    public int IntermediateSize { get; init; } = 384;

    /// <summary>Entries of the tokenizer, trained on the same stories.</summary>
    public int VocabSize { get; init; } = 1024;

    /// <summary>Tokens a window; documents are packed whole.</summary>
    public int WindowLength { get; init; } = 256;

    /// <summary>Windows a step.</summary>
    public int BatchWindows { get; init; } = 32;

    /// <summary>Training tokens, padding included.</summary>
    public long Tokens { get; init; } = 16_000_000;

    public double LearningRate { get; init; } = 3e-3;

    public double FinalRate { get; init; } = 0.02;

    /// <summary>How much an answer's tokens count against the story's: most of a story cannot be foretold.</summary>
    public int AnswerWeight { get; init; } = 5;

    /// <summary>Of the stories, the weights and the order.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How hard the stories are.</summary>
    public Stories.StoryOptions Stories { get; init; } = new();
}
