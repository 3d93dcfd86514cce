namespace Puzzle.Core.Pretraining;

/// <summary>What a training came to.</summary>
/// <param name="Folder">The model.</param>
/// <param name="Parameters">All, tied weights once.</param>
/// <param name="Steps">Optimiser steps.</param>
/// <param name="Tokens">Trained on, padding included.</param>
/// <param name="Minutes">Of training, over all attempts.</param>
/// <param name="Loss">The weighted loss, mean over the last steps, nats a token.</param>
/// <param name="Validation">Share of right answers of each kind, validation questions.</param>
/// <param name="Test">Share of right answers of each kind, test questions.</param>
public sealed record PretrainResult(
    string Folder, long Parameters, long Steps, long Tokens, double Minutes, double Loss,
    IReadOnlyDictionary<string, double> Validation, IReadOnlyDictionary<string, double> Test)
{
    /// <summary>The mean over kinds of the validation accuracies.</summary>
    public double ValidationMean => Validation.Values.Average();

    /// <summary>The mean over kinds of the test accuracies.</summary>
    public double TestMean => Test.Values.Average();
}
