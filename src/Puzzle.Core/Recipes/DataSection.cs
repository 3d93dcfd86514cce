using System.ComponentModel.DataAnnotations;

namespace Puzzle.Core.Recipes;

/// <summary>The text to calibrate, distil, score and heal on.</summary>
public sealed record DataSection
{
    /// <summary>Text files and folders, JSONL, Parquet or chats, mixed by weight.</summary>
    public IReadOnlyList<DataSource> Sources { get; init; } = [];

    /// <summary>Text sampled from the parent itself, for those who have no data; saved in the run folder.</summary>
    public SelfData? Self { get; init; }

    /// <summary>Held-out text for scores, best steps and early stops. Default: a part of the sources.</summary>
    public IReadOnlyList<DataSource> Validation { get; init; } = [];

    /// <summary>Held-out text for the losses that are reported, read once at the end. Default: the second half of the validation text.</summary>
    public IReadOnlyList<DataSource> Test { get; init; } = [];

    /// <summary>The share of documents that is held out where no validation text is named.</summary>
    [Range(0.0, 0.5)]
    public Share HeldOut { get; init; } = 0.05;

    /// <summary>Tokens in one training sequence.</summary>
    [Range(8, 1_048_576)]
    public int SequenceLength { get; init; } = 512;

    /// <summary>Whether documents are packed into full sequences with their boundaries kept, or padded one by one.</summary>
    public bool Pack { get; init; } = true;

    /// <summary>Whether documents are shuffled (by the recipe's seed) before they are packed.</summary>
    public bool Shuffle { get; init; } = true;
}

/// <summary>One file or folder of text. A plain path stands for a source with that path.</summary>
[Shorthand("path")]
public sealed record DataSource
{
    /// <summary>A file, or a folder whose files are read in the order of their names.</summary>
    [RecipePath]
    public required string Path { get; init; }

    /// <summary>How it is written. auto decides by the file name and the first lines.</summary>
    public DataFormat Format { get; init; } = DataFormat.Auto;

    /// <summary>The field or column that holds the text (the messages, for chats). Default: text, or messages.</summary>
    public string? Column { get; init; }

    /// <summary>How often it is drawn, relative to the other sources. 0 leaves it out.</summary>
    [Range(0.0, 1e6)]
    public double Weight { get; init; } = 1;

    /// <summary>In text files, the line that separates documents; an empty text means a blank line. Default: one document a file.</summary>
    public string? Separator { get; init; }

    /// <summary>At most so many documents.</summary>
    [Range(1L, long.MaxValue)]
    public long? Limit { get; init; }
}

/// <summary>How a source of text is written.</summary>
public enum DataFormat
{
    /// <summary>By file name and content.</summary>
    Auto,

    /// <summary>Plain text.</summary>
    Text,

    /// <summary>One JSON object a line.</summary>
    Jsonl,

    /// <summary>Parquet, as Hugging Face data sets are.</summary>
    Parquet,

    /// <summary>JSONL or Parquet with a list of messages, written through the parent's chat template.</summary>
    Chat,
}

/// <summary>Text sampled from the parent.</summary>
public sealed record SelfData
{
    /// <summary>How much to sample.</summary>
    [Range(1.0, 1e12)]
    public TokenCount Tokens { get; init; } = 1_000_000;

    /// <summary>Temperature of the samples; 0 takes the most probable token.</summary>
    [Range(0.0, 10.0)]
    public double Temperature { get; init; } = 1;

    /// <summary>Samples come from the most probable tokens that together have this probability.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double TopP { get; init; } = 1;

    /// <summary>Texts to start from, in turn. Default: the start of a document.</summary>
    public IReadOnlyList<string> Prompts { get; init; } = [];

    /// <summary>The length of one sample, in tokens. Default: the sequence length.</summary>
    [Range(1, 1_048_576)]
    public int? Length { get; init; }

    /// <summary>How often it is drawn, relative to the sources.</summary>
    [Range(0.0, 1e6)]
    public double Weight { get; init; } = 1;
}
