namespace Puzzle.Core.Models;

/// <summary>How RoPE frequencies are stretched.</summary>
/// <param name="Type"><c>linear</c> or <c>llama3</c>.</param>
/// <param name="Factor">The stretch of low frequencies (of all, for linear).</param>
public sealed record RopeScaling(
    string Type, double Factor, double LowFreqFactor = 1, double HighFreqFactor = 4, int OriginalMaxPositionEmbeddings = 8192);
