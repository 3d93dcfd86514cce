namespace Puzzle.Core.Evaluation;

/// <summary>A prompt to continue greedily.</summary>
/// <param name="Prompt">At least one id.</param>
/// <param name="MaxNewTokens">Stops after so many ids.</param>
/// <param name="EndIds">Any of these ends the text and is not returned.</param>
/// <param name="IsFinished">Asked after each new id with all new ids so far; true stops. Null never stops.</param>
public sealed record GenerationRequest(
    int[] Prompt, int MaxNewTokens, IReadOnlyList<int> EndIds, Func<IReadOnlyList<int>, bool>? IsFinished = null);
