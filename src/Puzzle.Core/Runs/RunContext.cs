using Puzzle.Core.Checkpoints;
using Puzzle.Core.Library;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Telemetry;
using Puzzle.Core.Text;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Runs;

/// <summary>What all stages of a run share.</summary>
public sealed class RunContext : IDisposable
{
    private readonly Lazy<ICheckpoint> _parent;
    private readonly Lazy<Transformer> _model;
    private readonly Lazy<ITokenizer> _tokenizer;
    private readonly Lazy<RunTexts> _texts;
    private string? _parentHash;
    private IReadOnlyList<LayerChoices>? _choices;

    /// <param name="recipe">The recipe as read, paths absolute.</param>
    /// <param name="folder">Where results go.</param>
    /// <param name="progress">Who is told.</param>
    /// <param name="metrics">Where numbers go; null: nowhere (a plan).</param>
    /// <param name="cancellation">Asked between steps; work stops with its state kept.</param>
    public RunContext(Recipe recipe, RunFolder folder, RunProgress progress, MetricsFile? metrics = null, CancellationToken cancellation = default)
    {
        (Recipe, Folder, Progress, Metrics, Cancellation) = (recipe, folder, progress, metrics, cancellation);
        _parent = new Lazy<ICheckpoint>(() => CheckpointFile.Open(recipe.Parent));
        _model = new Lazy<Transformer>(() => ModelLoader.Load(Parent, Device));
        _tokenizer = new Lazy<ITokenizer>(() => Tokenizers.Load(Parent.Path));
        _texts = new Lazy<RunTexts>(() => new RunTexts(this));
    }

    /// <summary>The recipe.</summary>
    public Recipe Recipe { get; }

    /// <summary>The run folder.</summary>
    public RunFolder Folder { get; }

    /// <summary>Progress, notes and warnings.</summary>
    public RunProgress Progress { get; }

    /// <summary>metrics.jsonl and TensorBoard.</summary>
    public MetricsFile? Metrics { get; }

    /// <summary>Set when the user interrupts.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>The parent, opened when first asked for.</summary>
    public ICheckpoint Parent => _parent.Value;

    /// <summary>The hash of the parent's weights and architecture.</summary>
    public string ParentHash => _parentHash ??= Parent.ContentHash;

    /// <summary>The parent's weights, loaded when first asked for and held once for all stages. Frozen.</summary>
    public Transformer ParentModel => _model.Value;

    /// <summary>The parent's tokenizer.</summary>
    public ITokenizer Tokenizer => _tokenizer.Value;

    /// <summary>The recipe's text as tokens.</summary>
    public RunTexts Texts => _texts.Value;

    /// <summary>What may stand in each layer: the recipe's variants that the parent and the export targets allow.</summary>
    public IReadOnlyList<LayerChoices> Choices => _choices ??= LayerChoices.Of(Recipe, Parent.Config);

    /// <summary>The size of all variants with weights of their own, in float32.</summary>
    public long LibraryBytes => Choices.Sum(layer => layer.WithWeights.Sum(spec => VariantCatalogue.Of(spec).Parameters(spec, Parent.Config))) * sizeof(float);

    /// <summary>Where tensors live.</summary>
    public TorchSharp.torch.Device Device => new(Recipe.Device);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_model.IsValueCreated)
            _model.Value.Dispose();
        if (_parent.IsValueCreated)
            _parent.Value.Dispose();
    }
}
