using System.ComponentModel.DataAnnotations;

namespace Puzzle.Core.Recipes;

/// <summary>Everything a run needs to know: which parent, which limits, which data and how each stage works. All keys but parent have defaults.</summary>
public sealed record Recipe
{
    /// <summary>The trained model to compress: a Hugging Face folder, a GGUF file, or a hub id that is in the local cache (HF_HOME).</summary>
    [RecipePath(OrName = true)]
    public required string Parent { get; init; }

    /// <summary>The run folder. Default: runs/NAME in the current folder, NAME being the recipe's file name.</summary>
    [RecipePath]
    public string? Output { get; init; }

    /// <summary>Seed of everything random: data order, sampling, dropped widths. Two runs with one seed on one machine give the same child.</summary>
    [Range(0, int.MaxValue)]
    public int Seed { get; init; } = 1234;

    /// <summary>Where tensors live and where time is measured: cpu, cuda or cuda:N.</summary>
    [RegularExpression("^(cpu|cuda(:[0-9]{1,2})?)$")]
    public string Device { get; init; } = "cpu";

    /// <summary>What the models compute in. bfloat16 keeps float32 master weights and is meant for CUDA.</summary>
    public ComputeType Dtype { get; init; } = ComputeType.Float32;

    /// <summary>CPU threads; 0 means all cores.</summary>
    [Range(0, 1024)]
    public int Threads { get; init; }

    /// <summary>The text to calibrate, distil, score and heal on.</summary>
    public DataSection Data { get; init; } = new();

    /// <summary>What may stand in for a subblock: the search space.</summary>
    public VariantsSection Variants { get; init; } = new();

    /// <summary>How the variants get their first weights, without training.</summary>
    public InitSection Init { get; init; } = new();

    /// <summary>Blockwise local distillation: every variant learns to do what its parent block does.</summary>
    public DistillSection Distill { get; init; } = new();

    /// <summary>How much the whole model suffers from each variant.</summary>
    public ScoreSection Score { get; init; } = new();

    /// <summary>What each variant costs where the child will be served.</summary>
    public MeasureSection Measure { get; init; } = new();

    /// <summary>The scenarios the child must serve, each with its limits.</summary>
    public TargetSection Target { get; init; } = new();

    /// <summary>The search for the best architecture within the limits.</summary>
    public SolveSection Solve { get; init; } = new();

    /// <summary>Putting the chosen variants together.</summary>
    public StitchSection Stitch { get; init; } = new();

    /// <summary>Global distillation of the stitched child.</summary>
    public HealSection Heal { get; init; } = new();

    /// <summary>What parent and child are compared on.</summary>
    public EvaluateSection Evaluate { get; init; } = new();

    /// <summary>The files to write beside the child, and the engines whose rules the search must keep.</summary>
    public ExportSection Export { get; init; } = new();

    /// <summary>The report and the records of the run.</summary>
    public ReportSection Report { get; init; } = new();
}
