using System.Runtime.InteropServices;

namespace Puzzle.Serving.Engine;

/// <summary>What an engine has allocated, in bytes.</summary>
/// <param name="Weights">Packed once; there is no second copy.</param>
/// <param name="Cache">Keys and values of all slots at full capacity.</param>
/// <param name="Workspace">Activations and logits of one pass.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct EngineMemory(long Weights, long Cache, long Workspace)
{
    public long Total => Weights + Cache + Workspace;
}
