using System.ComponentModel.DataAnnotations;
using Puzzle.Core.Stories;

namespace Puzzle.Core.Recipes;

/// <summary>Training a small parent from nothing: its shape, its stories and its training.</summary>
public sealed record PretrainRecipe
{
    /// <summary>The folder of the trained model.</summary>
    [RecipePath]
    public required string Output { get; init; }

    /// <summary>The folder of saved states. Default: beside the output, its name with -training.</summary>
    [RecipePath]
    public string? Work { get; init; }

    /// <summary>Seed of weights and stories.</summary>
    [Range(0, int.MaxValue)]
    public int Seed { get; init; } = 1;

    /// <summary>CPU threads; 0 means all cores.</summary>
    [Range(0, 1024)]
    public int Threads { get; init; }

    /// <summary>The model's shape.</summary>
    public Architecture Architecture { get; init; } = new();

    /// <summary>Stories made by the generator.</summary>
    public StorySettings Stories { get; init; } = new();

    /// <summary>A tokenizer.json to use. Default: one is made from the stories.</summary>
    [RecipePath]
    public string? Tokenizer { get; init; }

    /// <summary>The training.</summary>
    public PretrainTraining Train { get; init; } = new();

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
    public int HiddenSize { get; init; } = 128;

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
    public int IntermediateSize { get; init; } = 256;

    /// <summary>Entries of the tokenizer that is made.</summary>
    [Range(32, 1_048_576)]
    public int VocabSize { get; init; } = 1_024;

    /// <summary>Base of the rotary embedding.</summary>
    [Range(1.0, 1e12)]
    public double RopeTheta { get; init; } = 100_000;

    /// <summary>The longest context.</summary>
    [Range(8, 16_777_216)]
    public int MaxPositions { get; init; } = 512;

    /// <summary>Heads of a layer that begin by looking 1, 2, ... tokens back.</summary>
    [Range(0, 1_024)]
    public int LookBackHeads { get; init; } = 4;
}

/// <summary>The generator of stories.</summary>
public sealed record StorySettings
{
    /// <summary>Tokens in one training sequence, which holds one story.</summary>
    [Range(32, 1_048_576)]
    public int SequenceLength { get; init; } = 128;

    /// <summary>How much a token that follows from the story counts against one that cannot be foretold.</summary>
    [Range(1, 10_000)]
    public int AnswerWeight { get; init; } = 20;

    /// <summary>How hard the stories are, those of validation and test too.</summary>
    public StoryOptions Difficulty { get; init; } = new();

    /// <summary>What comes first, in this order; the rest of the training is of full difficulty.</summary>
    public IReadOnlyList<StoryLesson> Lessons { get; init; } = [];

    /// <summary>Questions of each kind for validation.</summary>
    [Range(10, 1_000_000)]
    public int ValidationQuestions { get; init; } = 500;

    /// <summary>Questions of each kind for the test.</summary>
    [Range(10, 1_000_000)]
    public int TestQuestions { get; init; } = 500;

    /// <summary>Documents of train.txt, the text to compress with that is written beside the model. Null: as many as of the others.</summary>
    [Range(0, 10_000_000)]
    public int? TrainDocuments { get; init; }

    /// <summary>Documents of validation.txt and of test.txt, written beside the model.</summary>
    [Range(0, 10_000_000)]
    public int Documents { get; init; } = 1_000;
}

/// <summary>A first part of the training with easier stories: what the later ones build on is learned fast there.</summary>
public sealed record StoryLesson
{
    /// <summary>Its share of all training tokens.</summary>
    [Range(0.0, 1.0)]
    public Share Share { get; init; } = 0.1;

    /// <summary>How hard its stories are.</summary>
    public StoryOptions Difficulty { get; init; } = new();
}

/// <summary>The training of a parent: the healing loop without a teacher.</summary>
public sealed record PretrainTraining
{
    /// <summary>Tokens to train on, padding included.</summary>
    [Range(16.0, 1e15)]
    public TokenCount Tokens { get; init; } = 12_000_000;

    /// <summary>Tokens in one optimiser step.</summary>
    [Range(8.0, 1e9)]
    public TokenCount TokensPerStep { get; init; } = 2_048;

    /// <summary>Peak learning rate of AdamW. Rates above 2e-3 wash out the structured start of the first layers.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 1.5e-3;

    /// <summary>Where the cosine ends, as a share of the peak.</summary>
    [Range(0.0, 1.0)]
    public Share FinalLearningRate { get; init; } = 0.02;

    /// <summary>The share of steps in which the learning rate rises from zero.</summary>
    [Range(0.0, 1.0)]
    public Share Warmup { get; init; } = 0.01;

    /// <summary>AdamW's weight decay.</summary>
    [Range(0.0, 10.0)]
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Minutes between two saved states; two are kept.</summary>
    [Range(0.01, 1e5)]
    public double CheckpointMinutes { get; init; } = 2;

    /// <summary>Steps between two looks at validation questions.</summary>
    [Range(1, 1_000_000)]
    public int EvaluateEvery { get; init; } = 500;

    /// <summary>Questions of each kind in such a look.</summary>
    [Range(1, 1_000_000)]
    public int EvaluateQuestions { get; init; } = 100;
}
