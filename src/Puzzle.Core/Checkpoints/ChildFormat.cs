namespace Puzzle.Core.Checkpoints;

/// <summary>The shapes in which a model folder can be written.</summary>
public enum ChildFormat
{
    /// <summary>nemotron-nas (DeciLM): <c>block_configs</c>, per-layer KV heads and widths, no-ops, linears, windows.</summary>
    NemotronNas,

    /// <summary>The family's own class, for children whose layers are all alike.</summary>
    Plain,

    /// <summary>The same function in equal, larger layers of the family's own class: loads everywhere, saves nothing.</summary>
    Inflated,

    /// <summary>The family's own class with <c>block_configs</c>, as Puzzletron writes it.</summary>
    AnyModel,

    /// <summary>Class AnyModel with <c>per_layer_config</c>, as vLLM's AnyModel reads it.</summary>
    AnyModelVllm,
}
