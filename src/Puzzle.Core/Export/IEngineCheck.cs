namespace Puzzle.Core.Export;

/// <summary>An engine of others that loads an export and says what it computes.</summary>
public interface IEngineCheck
{
    /// <summary>Its name in a model card.</summary>
    string Name { get; }

    /// <summary>Log-probabilities of all positions, [T, V], of a GGUF file.</summary>
    /// <exception cref="Errors.PuzzleException">The engine does not load the file.</exception>
    float[] LogProbabilities(string file, IReadOnlyList<int> ids);
}
