namespace Puzzle.Core.Evaluation;

/// <summary>
/// What an evaluation asks of a model: log-probabilities of continuations and greedy text, in token ids.
/// Whoever runs the weights implements it (TorchSharp, a served engine); results must not depend on the batch size
/// beyond the rounding of float32 sums.
/// </summary>
public interface ILanguageModel
{
    /// <summary>The most ids of one sequence, context and continuation together. Callers cut longer ones on the left.</summary>
    int MaxLength { get; }

    /// <summary>Scores every continuation of every group after that group's context.</summary>
    /// <param name="groups">Contexts with the continuations to score; any order, any lengths up to <see cref="MaxLength"/>.</param>
    /// <param name="batchSize">The most sequences in one forward pass: bounds memory, never changes results.</param>
    /// <param name="progress">Told the number of groups finished so far.</param>
    /// <returns>For each group, in the order given, one result a continuation.</returns>
    IReadOnlyList<LogLikelihood[]> LogLikelihoods(
        IReadOnlyList<ScoringGroup> groups, int batchSize, IProgress<int>? progress = null, CancellationToken cancellation = default);

    /// <summary>Continues every prompt greedily.</summary>
    /// <returns>For each prompt the new ids, without the end token that stopped it.</returns>
    IReadOnlyList<int[]> Generate(
        IReadOnlyList<GenerationRequest> requests, int batchSize, IProgress<int>? progress = null, CancellationToken cancellation = default);
}
