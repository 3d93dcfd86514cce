using Puzzle.Core.Checkpoints;
using Puzzle.Core.Recipes;
using Puzzle.Core.Telemetry;

namespace Puzzle.Core.Runs;

/// <summary>What all stages of a run share.</summary>
public sealed class RunContext : IDisposable
{
    private readonly Lazy<ICheckpoint> _parent;

    /// <param name="recipe">The recipe as read, paths absolute.</param>
    /// <param name="folder">Where results go.</param>
    /// <param name="progress">Who is told.</param>
    /// <param name="metrics">Where numbers go; null: nowhere (a plan).</param>
    /// <param name="cancellation">Asked between steps; work stops with its state kept.</param>
    public RunContext(Recipe recipe, RunFolder folder, RunProgress progress, MetricsFile? metrics = null, CancellationToken cancellation = default)
    {
        (Recipe, Folder, Progress, Metrics, Cancellation) = (recipe, folder, progress, metrics, cancellation);
        _parent = new Lazy<ICheckpoint>(() => CheckpointFile.Open(recipe.Parent));
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

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_parent.IsValueCreated)
            _parent.Value.Dispose();
    }
}
