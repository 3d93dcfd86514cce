using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Scoring;
using static TorchSharp.torch;

namespace Puzzle.Core.Healing;

/// <summary>KL(parent || child) on fixed validation windows: what chooses the best step of a healing.</summary>
public sealed class ValidationJudge : IDisposable
{
    private readonly Tensor _ids_WT;
    private readonly Divergence _divergence;

    /// <param name="run">Gives the parent and the validation text.</param>
    /// <param name="tokens">How much of it.</param>
    public ValidationJudge(RunContext run, TokenCount tokens)
    {
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

    /// <inheritdoc/>
    public void Dispose()
    {
        _ids_WT.Dispose();
        _divergence.Dispose();
    }
}
