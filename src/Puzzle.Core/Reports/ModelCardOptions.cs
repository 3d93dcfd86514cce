namespace Puzzle.Core.Reports;

/// <summary>What a model card says that no measurement tells.</summary>
public sealed record ModelCardOptions
{
    /// <summary>Hub id of the parent, for example <c>HuggingFaceTB/SmolLM2-135M-Instruct</c>; null leaves it out.</summary>
    public string? BaseModel { get; init; }

    /// <summary>The hub's word for how the child came from the parent (finetune, merge, adapter, quantized).</summary>
    public string BaseModelRelation { get; init; } = "finetune";

    /// <summary>The parent's licence, which the child inherits; null leaves it out.</summary>
    public string? License { get; init; }

    /// <summary>Language codes.</summary>
    public IReadOnlyList<string> Languages { get; init; } = [];

    /// <summary>Data sets the child was distilled and healed on.</summary>
    public IReadOnlyList<string> Datasets { get; init; } = [];

    /// <summary>Tags of the hub.</summary>
    public IReadOnlyList<string> Tags { get; init; } = ["puzzle", "pruning", "distillation"];

    /// <summary>The library that loads the child.</summary>
    public string LibraryName { get; init; } = "transformers";
}
