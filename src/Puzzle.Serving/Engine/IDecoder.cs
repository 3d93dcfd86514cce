using Puzzle.Core.Models;

namespace Puzzle.Serving.Engine;

/// <summary>
/// A model with room for so many sequences: computes passes, keeps keys and values. What is generated, and when, is not its
/// concern (<see cref="InferenceEngine"/>).
/// </summary>
public interface IDecoder : IDisposable
{
    ModelConfig Config { get; }

    /// <summary>Sequences at once.</summary>
    int Slots { get; }

    /// <summary>Tokens that each may have.</summary>
    int Capacity { get; }

    /// <summary>Tokens of one pass.</summary>
    int MaxTokens { get; }

    /// <summary>Tokens that a slot has.</summary>
    int Length(int slot);

    /// <summary>Forgets a slot's tokens from <paramref name="length"/> on; layers with a window can forget all of them only.</summary>
    void Truncate(int slot, int length);

    /// <summary>Computes a pass.</summary>
    void Run(TokenBatch batch);

    /// <summary>Logits of the part that asked for them as number <paramref name="index"/>, valid until the next pass.</summary>
    Span<float> Logits(int index);

    /// <summary>The id of the largest of them, the first of equal ones.</summary>
    int Best(int index);

    /// <summary>Bytes of weights, keys and values, and workspace.</summary>
    EngineMemory Memory { get; }
}
