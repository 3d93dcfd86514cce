using Puzzle.Core.Models;
using Puzzle.Core.Text;
using Puzzle.Evaluation.Models;
using Puzzle.Evaluation.Results;

namespace Puzzle.Evaluation.Comparison;

/// <summary>
/// Compares children with their parent on the same tasks and the same text. The parent answers the tasks once, however many
/// children follow.
/// </summary>
/// <param name="parent">Stays the caller's, as the children do.</param>
/// <param name="tokenizer">The one that parent and children share.</param>
public sealed class ModelComparison(Transformer parent, ITokenizer tokenizer, ComparisonOptions options)
{
    private EvaluationResult? _parent;

    /// <summary>The parent's scores.</summary>
    /// <exception cref="InvalidOperationException">No tasks are asked for.</exception>
    /// <exception cref="Puzzle.Core.Errors.BadInputException">A task's data is absent or malformed.</exception>
    public EvaluationResult Parent(IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default) =>
        _parent ??= Evaluate(parent, progress, cancellation);

    /// <summary>A child beside the parent, on tasks and text.</summary>
    /// <param name="progress">Told which model is at work and how far it is.</param>
    /// <exception cref="Puzzle.Core.Errors.BadInputException">A task's data is absent or malformed.</exception>
    public ComparedChild Compare(Transformer child, Action<string, EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        var divergence = CompareText(child, cancellation);
        if (options.Tasks is null)
            return new ComparedChild(null, null, divergence);
        var before = Parent(Reporter.Of(progress, "parent"), cancellation);
        var result = Evaluate(child, Reporter.Of(progress, "child"), cancellation);
        return new ComparedChild(result, RecoveryReport.Compare(before, result, options.Recovery), divergence);
    }

    /// <summary>A child beside the parent on text alone; null without text.</summary>
    public Divergence? CompareText(Transformer child, CancellationToken cancellation = default) => options.Text.Length > options.Window
        ? Divergence.Between(parent, child, options.Text.Span, options.Window, options.Evaluation.BatchSize, cancellation)
        : null;

    private EvaluationResult Evaluate(Transformer model, IProgress<EvaluationProgress>? progress, CancellationToken cancellation) => Evaluator.Evaluate(
        new TransformerScorer(model, options.MaxLength), tokenizer, options.Tasks ?? throw new InvalidOperationException("no tasks are asked for"), options.Evaluation, progress, cancellation);

    private sealed class Reporter(Action<string, EvaluationProgress> report, string who) : IProgress<EvaluationProgress>
    {
        public static Reporter? Of(Action<string, EvaluationProgress>? report, string who) => report is null ? null : new Reporter(report, who);

        public void Report(EvaluationProgress value) => report(who, value);
    }
}
