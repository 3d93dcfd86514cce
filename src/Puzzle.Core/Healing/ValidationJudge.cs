using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Scoring;
using static TorchSharp.torch;

namespace Puzzle.Core.Healing;

/// <summary>KL(parent || child) on fixed validation windows, and the validation tasks where there are any: what chooses the best step of a healing.</summary>
public sealed class ValidationJudge : IDisposable
{
    private readonly Tensor _ids_WT;
    private readonly Divergence _divergence;
    private readonly Func<Transformer, double>? _tasks;

    /// <param name="run">Gives the parent and the validation text.</param>
    /// <param name="tokens">How much of it.</param>
    /// <param name="tasks">A model's mean score on the validation tasks, the more the better; null: text alone.</param>
    public ValidationJudge(RunContext run, TokenCount tokens, Func<Transformer, double>? tasks = null)
    {
        _tasks = tasks;
        var (ids_WT, afterLast) = run.Texts.ValidationWindows(tokens, run.Recipe.Data.SequenceLength);
        _ids_WT = ids_WT.DetachFromDisposeScope();
        using var hidden = ReplaceOneBlock.Final(run.ParentModel, _ids_WT);
        _divergence = new Divergence(run.ParentModel, _ids_WT, hidden, afterLast);
    }

    /// <summary>The comparison of a child with the parent.</summary>
    public Comparison Compare(Transformer child)
    {
        using var hidden = ReplaceOneBlock.Final(child, _ids_WT);
        return _divergence.Compare(hidden, child);
    }

    /// <summary>The child's score on the validation tasks; null where there are none.</summary>
    public double? Tasks(Transformer child)
    {
        if (_tasks is null)
            return null;
        // Between two steps of a training: its gradients are not wanted here.
        using var noGrad = no_grad();
        return _tasks(child);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ids_WT.Dispose();
        _divergence.Dispose();
    }
}
