using System.ComponentModel.DataAnnotations;

namespace Puzzle.Core.Recipes;

/// <summary>Training a small parent from nothing: its shape, its text and its training.</summary>
public sealed record PretrainRecipe
{
    /// <summary>The folder of the trained model.</summary>
    [RecipePath]
    public required string Output { get; init; }

    /// <summary>Seed of weights and data order.</summary>
    [Range(0, int.MaxValue)]
    public int Seed { get; init; } = 1234;

    /// <summary>cpu, cuda or cuda:N.</summary>
    [RegularExpression("^(cpu|cuda(:[0-9]{1,2})?)$")]
    public string Device { get; init; } = "cpu";

    /// <summary>What the model computes in.</summary>
    public ComputeType Dtype { get; init; } = ComputeType.Float32;

    /// <summary>CPU threads; 0 means all cores.</summary>
    [Range(0, 1024)]
    public int Threads { get; init; }

    /// <summary>The model's shape.</summary>
    public Architecture Architecture { get; init; } = new();

    /// <summary>Stories made by the generator; without them, data is needed.</summary>
    public StorySettings? Stories { get; init; }

    /// <summary>The text to train on, and the tokens in a sequence.</summary>
    public DataSection Data { get; init; } = new();

    /// <summary>A tokenizer.json to use. Default: one is made from the stories.</summary>
    [RecipePath]
    public string? Tokenizer { get; init; }

    /// <summary>The training.</summary>
    public PretrainTraining Train { get; init; } = new();

    /// <summary>What the trained model is tried on.</summary>
    public EvaluateSection Evaluate { get; init; } = new();

    /// <summary>How the trained weights are stored.</summary>
    public WeightsType StoredAs { get; init; } = WeightsType.BF16;
}

/// <summary>The shape of a Llama to train.</summary>
public sealed record Architecture
{
    /// <summary>Layers.</summary>
    [Range(1, 1_000)]
    public int Layers { get; init; } = 8;

    /// <summary>Width of the residual stream.</summary>
    [Range(8, 65_536)]
    public int HiddenSize { get; init; } = 256;

    /// <summary>Query heads.</summary>
    [Range(1, 1_024)]
    public int Heads { get; init; } = 8;

    /// <summary>Key-value heads.</summary>
    [Range(1, 1_024)]
    public int KvHeads { get; init; } = 8;

    /// <summary>Size of a head. Default: hidden_size / heads.</summary>
    [Range(2, 4_096)]
    public int? HeadDim { get; init; }

    /// <summary>Width of the feed-forward network.</summary>
    [Range(1, 1_048_576)]
    public int IntermediateSize { get; init; } = 768;

    /// <summary>Entries of the tokenizer that is made.</summary>
    [Range(32, 1_048_576)]
    public int VocabSize { get; init; } = 1_024;

    /// <summary>Base of the rotary embedding.</summary>
    [Range(1.0, 1e12)]
    public double RopeTheta { get; init; } = 10_000;

    /// <summary>The longest context.</summary>
    [Range(8, 16_777_216)]
    public int MaxPositions { get; init; } = 512;

    /// <summary>Whether embedding and head are one matrix.</summary>
    public bool TieEmbeddings { get; init; } = true;
}

/// <summary>The generator of stories.</summary>
public sealed record StorySettings
{
    /// <summary>Seed of the generator.</summary>
    [Range(0, int.MaxValue)]
    public int Seed { get; init; } = 1;

    /// <summary>Tokens of training text. Default: as many as are trained on.</summary>
    [Range(1_000.0, 1e12)]
    public TokenCount? Tokens { get; init; }

    /// <summary>Questions for validation.</summary>
    [Range(10, 1_000_000)]
    public int ValidationQuestions { get; init; } = 2_000;

    /// <summary>Questions for the test.</summary>
    [Range(10, 1_000_000)]
    public int TestQuestions { get; init; } = 2_000;
}

/// <summary>The training of a parent: the healing loop without a teacher.</summary>
public sealed record PretrainTraining : TrainingSection
{
    /// <summary>Steps between two looks at the validation text.</summary>
    [Range(1, 1_000_000)]
    public int EvaluateEvery { get; init; } = 500;

    /// <summary>Validation tokens of such a look.</summary>
    [Range(16.0, 1e9)]
    public TokenCount EvaluateTokens { get; init; } = 16_384;
}
